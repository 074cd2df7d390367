import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "lib/client/until.ts";
import { isThere } from "lib/cluster/is_there.ts";
import type { Report } from "../../tasks/bench/report.ts";
import { configOptions } from "../../tasks/config.ts";
import { listProcesses } from "../../tasks/process_list.ts";
import { KAFKA_FOLDER } from "../../tasks/setup/paths.ts";

const CONFIG = await configOptions({ quiet: true });

/** A small measurement with a broker of its own. */
function startBench(scale: string, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", ...CONFIG, "tasks/bench.ts", "produce"],
      ...["--only", "100B", "--rounds", "1", "--scale", scale, ...args],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("deno task bench produce measures every producer, and relates them", async () => {
  const bench = startBench("0.01", "--json");
  const { code, stdout, stderr } = await bench.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const report: Report = JSON.parse(new TextDecoder().decode(stdout));
  const rates = report.results.filter(({ unit }) => unit === "records/s");
  assertEquals(rates.length, 8);
  assert(rates.every(({ median }) => median > 10 && median < 1e8));
  const judged = report.results.filter(({ reached }) => reached !== undefined);
  assertEquals(
    judged.map(({ relativeTo }) => relativeTo?.goal),
    [{ atLeast: 15 }, { atLeast: 1 }, { atLeast: 0.8 }],
  );
  const memory = report.results.filter(({ unit }) => unit === "MiB");
  assertEquals(memory.length, 4);
  assert(memory.every(({ median }) => median > 20 && median < 2_000));
  assert(!isThere(`${KAFKA_FOLDER}/bench-${bench.pid}`));
});

Deno.test("deno task bench produce leaves nothing behind when it is interrupted while it produces", async () => {
  const bench = startBench("1");
  const processes = async (text: string) =>
    (await listProcesses()).map(({ command }) => command)
      .filter((command) => command.includes(text));
  await until(async () => {
    const producers = await processes("producer_process.ts");
    return producers.some((command) => command.includes("append"));
  }, { what: "a producer", deadlineMs: 60_000, intervalMs: 20 });
  bench.kill("SIGINT");
  const { code, stderr } = await bench.output();
  assertEquals(code, 130);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    "Stopped: all that was started has ended.",
  );
  assertEquals(await processes(`/bench-${bench.pid}/`), []);
  assert(!isThere(`${KAFKA_FOLDER}/bench-${bench.pid}`));
});
