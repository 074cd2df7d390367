import { assertEquals } from "@std/assert";
import { alertRules } from "lib/metrics/alert_rules.ts";
import { ruleTestFile } from "lib/metrics/rule_test_file.ts";
import { readSamples } from "lib/metrics/samples.ts";
import type { Scrape } from "lib/metrics/scrape.ts";
import { BROKEN, WHOLE } from "./_pages.ts";

const rules = Object.values(alertRules);
const RULE_FILE = new URL("../../../lib/metrics/alerts.yml", import.meta.url);

/** Each fault for six seconds, with a look twice a second, and a quiet time between. */
function recorded(): Scrape[] {
  const pages = Object.values(BROKEN).flatMap((page) => [WHOLE, page]);
  return pages.flatMap((page, index) =>
    Array.from({ length: 12 }, (_, look) => ({
      atMs: 1_700_000_000_000 + index * 6_000 + look * 500,
      samples: readSamples(page),
    }))
  );
}

async function promtool(file: string): Promise<string | undefined> {
  const folder = await Deno.makeTempDir();
  try {
    Deno.writeTextFileSync(`${folder}/test.yml`, file);
    const { success, stdout, stderr } = await new Deno.Command("promtool", {
      args: ["test", "rules", `${folder}/test.yml`],
    }).output();
    const said = [stdout, stderr].map((each) => new TextDecoder().decode(each));
    return success ? "" : said.join("");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const [isThere] = [await promtool("rule_files: []\ntests: []\n")];
const ignore = isThere === undefined;
if (ignore) {
  console.log(
    "promtool is not on PATH, so the rules are not compared with Prometheus' own verdict: on Debian, install the package prometheus.",
  );
}

Deno.test({
  name:
    "ruleTestFile() of recorded faults: promtool says of alerts.yml what alertRules say",
  ignore,
  async fn() {
    const scrapes = recorded();
    assertEquals(
      await promtool(
        ruleTestFile({ scrapes, rules, ruleFile: RULE_FILE.pathname }),
      ),
      "",
    );
  },
});

Deno.test({
  name:
    "ruleTestFile(): promtool objects to a condition that says something else",
  ignore,
  async fn() {
    const wrong = rules.map((rule) =>
      rule.alert === "BrokerDown" ? { ...rule, holds: () => false } : rule
    );
    const said = await promtool(
      ruleTestFile({
        ...{ scrapes: recorded(), rules: wrong, ruleFile: RULE_FILE.pathname },
      }),
    );
    assertEquals(said?.includes("BrokerDown"), true, said);
    assertEquals(said?.includes("UnderMinIsr"), false);
  },
});

Deno.test("ruleTestFile() has a value a second, and marks what is gone", () => {
  const sample = (value: number) => ({
    ...{ name: "up", labels: { job: "kafka", instance: 'a"b' }, value },
  });
  const file = JSON.parse(ruleTestFile({
    scrapes: [
      { atMs: 500, samples: [sample(1)] },
      { atMs: 1_100, samples: [sample(0)] },
      { atMs: 1_400, samples: [sample(Infinity)] },
      { atMs: 2_900, samples: [] },
    ],
    rules: [alertRules.BrokerDown],
    ruleFile: "alerts.yml",
  }));
  assertEquals(file.tests[0].input_series, [
    {
      series: 'up{job="kafka",instance="a\\"b"}',
      values: "1 Inf Inf stale",
    },
  ]);
});

Deno.test("ruleTestFile() of nothing is a file without a value", () => {
  const file = JSON.parse(
    ruleTestFile({ scrapes: [], rules, ruleFile: "alerts.yml" }),
  );
  assertEquals(file.tests[0].promql_expr_test, []);
});
