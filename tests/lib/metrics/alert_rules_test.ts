import { assertEquals } from "@std/assert";
import { parse } from "yaml";
import type { AlertRule } from "lib/metrics/alert_rule.ts";
import { alertRules } from "lib/metrics/alert_rules.ts";
import { readSamples, type Sample } from "lib/metrics/samples.ts";
import { BROKEN, WHOLE } from "./_pages.ts";

const file = new URL("../../../lib/metrics/alerts.yml", import.meta.url);

Deno.test("alertRules are those of alerts.yml, with the same conditions and times, and each with its first move", () => {
  const { groups } = parse(Deno.readTextFileSync(file)) as {
    groups: {
      rules: {
        alert: string;
        expr: string;
        for: string;
        annotations: { summary: string; first: string };
      }[];
    }[];
  };
  const written = groups.flatMap(({ rules }) => rules);
  assertEquals(
    written.map(({ alert, expr, for: time }) => [alert, expr, time]),
    Object.entries(alertRules).map(([name, rule]) => {
      assertEquals(rule.alert, name);
      return [rule.alert, rule.expr, `${rule.forSeconds}s`];
    }),
  );
  for (const { annotations } of written) {
    assertEquals(Object.keys(annotations), ["summary", "first"]);
  }
});

Deno.test("alertRules are all quiet while all is well", () => {
  const samples = readSamples(WHOLE);
  const loud = Object.values(alertRules).filter(({ holds }) => holds(samples));
  assertEquals(loud, []);
});

for (const [name, page] of Object.entries(BROKEN)) {
  Deno.test(`alertRules.${name} holds under its own fault, and no other does`, () => {
    const samples = readSamples(page);
    const loud = Object.values<AlertRule>(alertRules)
      .filter(({ holds }) => holds(samples));
    assertEquals(loud.map(({ alert }) => alert), [name]);
  });
}

Deno.test("alertRules hold of no sample at all only where something must be there", () => {
  const none: Sample[] = [];
  const loud = Object.values(alertRules).filter(({ holds }) => holds(none));
  assertEquals(loud.map(({ alert }) => alert), ["AbnormalController"]);
});
