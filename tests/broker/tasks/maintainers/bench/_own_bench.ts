import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PATIENCE_MS, until } from "../../../../_patience.ts";
import { isThere } from "lib/brokers/is_there.ts";
import type { Report } from "../../../../../tasks/maintainers/bench/report.ts";
import { configOptions } from "../../../../../tasks/config.ts";
import { listProcesses } from "../../../../../tasks/process_list.ts";
import { KAFKA_FOLDER } from "../../../../../tasks/setup/paths.ts";

const CONFIG = await configOptions({ quiet: true });

/** Starts `deno task bench`, which has a broker of its own. */
export function startBench(...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...CONFIG, "tasks/maintainers/bench.ts", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs one round of `deno task bench` to its end, sees that nothing is left, and returns what it tells. */
export async function reportOf(...args: string[]): Promise<Report> {
  const bench = startBench(...args, "--rounds", "1", "--json");
  const { code, stdout, stderr } = await bench.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  await assertNothingLeft(bench);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Interrupts a measurement, and sees that it says so and leaves nothing. */
export async function assertStopsCleanly(
  bench: Deno.ChildProcess,
): Promise<void> {
  bench.kill("SIGINT");
  const { code, stderr } = await bench.output();
  assertEquals(code, 130);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    "Stopped: all that was started has ended.",
  );
  await assertNothingLeft(bench);
}

/** Waits for a process whose command holds all of some texts, interrupts the measurement, and sees that it leaves nothing. */
export async function assertInterruptLeavesNothing(
  bench: Deno.ChildProcess,
  during: string[],
): Promise<void> {
  await until(async () => {
    const commands = (await listProcesses()).map(({ command }) => command);
    return commands.some((each) => during.every((text) => each.includes(text)));
  }, { what: during.join(" "), deadlineMs: 2 * PATIENCE_MS, intervalMs: 20 });
  await assertStopsCleanly(bench);
}

/** Sees that no process and no file of a measurement is there any more. */
export async function assertNothingLeft(
  { pid }: Deno.ChildProcess,
): Promise<void> {
  const left = (await listProcesses()).map(({ command }) => command)
    .filter((command) => command.includes(`/bench-${pid}/`));
  assertEquals(left, []);
  assert(!isThere(`${KAFKA_FOLDER}/bench-${pid}`));
}
