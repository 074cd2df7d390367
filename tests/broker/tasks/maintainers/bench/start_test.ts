import { assert, assertEquals } from "@std/assert";
import { until } from "../../../../_patience.ts";
import type { Report } from "../../../../../tasks/maintainers/bench/report.ts";
import { configOptions } from "../../../../../tasks/config.ts";
import { listProcesses } from "../../../../../tasks/process_list.ts";
import { assertNothingLeft, assertStopsCleanly } from "./_own_bench.ts";

const CONFIG = await configOptions({ quiet: true });

function startBench(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      ...CONFIG,
      "tasks/maintainers/bench.ts",
      "start",
      ...args,
    ],
    // Nothing listens there: what the user has set must not decide.
    env: { KAFKA_BROKERS: "localhost:1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** The processes that name a measurement's folder. */
async function processesOf({ pid }: Deno.ChildProcess): Promise<string[]> {
  return (await listProcesses())
    .map(({ command }) => command)
    .filter((command) => command.includes(`/bench-${pid}/`));
}

const brokerOf = (bench: Deno.ChildProcess) =>
  until(
    async () =>
      (await processesOf(bench)).some((each) => each.includes(" kafka.Kafka ")),
    { what: "the measurement's broker", intervalMs: 20 },
  );

/** Waits until its broker is left idle, its memory being measured then: no command is there that could end it. */
function idleBrokerOf(bench: Deno.ChildProcess): Promise<boolean> {
  let looks = 0;
  return until(async () => {
    const processes = await processesOf(bench);
    const isIdle = processes.some((each) => each.includes(" kafka.Kafka ")) &&
      !processes.some((each) => each.includes("own_command.ts"));
    looks = isIdle ? looks + 1 : 0;
    return looks === 10;
  }, {
    what: "the measurement's broker to be idle",
    intervalMs: 100,
  });
}

for (
  const [moment, only, reached] of [
    ["while brokers start", "cluster", brokerOf],
    ["while a broker is idle", "broker", idleBrokerOf],
  ] as const
) {
  Deno.test(`deno task bench start leaves nothing behind when it is interrupted ${moment}`, async () => {
    const bench = startBench("--only", only);
    await reached(bench);
    await assertStopsCleanly(bench);
  });
}

Deno.test("deno task bench start measures brokers of its own, and ends what a killed one left", async () => {
  const killed = startBench("--only", "broker");
  await brokerOf(killed);
  killed.kill("SIGKILL");
  await killed.output();

  const bench = startBench("--rounds", "1", "--only", "broker", "--json");
  const { code, stdout, stderr } = await bench.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  await assertNothingLeft(killed);
  await assertNothingLeft(bench);

  const report: Report = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(report.rounds, 1);
  const [ready] = report.results;
  assertEquals(ready?.what, "one broker ready, formatted before");
  assertEquals(ready?.goal, { atMost: 1.5 });
  assert(
    ready && ready.median > 0.1 && ready.median < 60,
    `${ready?.median} s`,
  );
  const memory = report.results.find(({ unit }) => unit === "MiB");
  assert(memory && memory.median > 50 && memory.median < 1_000);
});
