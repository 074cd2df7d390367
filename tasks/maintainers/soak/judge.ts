import { until } from "lib/client/until.ts";
import type { Engine } from "lib/brokers/engine.ts";
import { listProcesses } from "../../process_list.ts";
import { LogTail } from "./log_tail.ts";
import { GROUPS } from "lib/experiment/fault_plan.ts";
import type { Participants } from "./participants.ts";

/** How long the groups may get no further when all faults are over. */
const STANDSTILL_MS = 60_000;
/** How long they may take to work off what is left. */
const DRAIN_MS = 600_000;

/** Lets the groups work off what is left, then ends them, and reads the logs to their ends. */
export async function drain(
  { groups, topics, input, written, outputs }: Participants,
): Promise<void> {
  for (const { tail } of topics) await tail.end();
  let left = Infinity;
  let sinceMs = performance.now();
  await until(() => {
    const now = leftOf({ groups, input, outputs });
    if (now < left) [left, sinceMs] = [now, performance.now()];
    return left <= 0 || performance.now() - sinceMs > STANDSTILL_MS;
  }, {
    what: "the groups to process all",
    deadlineMs: DRAIN_MS,
    intervalMs: 200,
  }).catch(() => {}); // the checks say which, and what is missing
  await Promise.all(GROUPS.map((name) => groups.crews[name].end()));
  await written.end();
}

/** How many records the groups have not processed, and how many are missing in the output. */
function leftOf(
  { groups, input, outputs }: Pick<
    Participants,
    "groups" | "input" | "outputs"
  >,
): number {
  const { input: read, output } = outputs.counts;
  let left = Math.max(0, read - output);
  for (const name of GROUPS) {
    for (const [partition, end] of input.tail.positions) {
      const rest = end - groups.checks[name].processed(partition);
      if (rest > 0n) left += Number(rest);
    }
  }
  return left;
}

/** Compares what was told with what is there, now that all has ended. */
export async function judge(
  participants: Participants,
  engine: Engine,
): Promise<void> {
  const { topics, outputs, groups, input, findings } = participants;
  for (const { records } of topics) records.finish();
  outputs.finish();
  for (const name of GROUPS) groups.checks[name].finish(input.tail.positions);
  await readAgain(participants);
  const nodes = await engine.status({ cluster: true });
  const broken = nodes.filter(({ state }) => state !== "running")
    .map(({ service, state }) => `${service} is ${state}`);
  if (broken.length > 0) {
    const what = broken.join(", ");
    findings.report({ check: "cluster", what, records: [] });
  }
  const left = (await listProcesses()).filter(({ parent, command }) =>
    parent === Deno.pid && command.includes("child_consumer_program.ts")
  );
  if (left.length > 0) {
    const what = `left: ${left.map(({ pid }) => pid).join(", ")}`;
    findings.report({ check: "processes", what, records: [] });
  }
}

/** Reads all logs again from their beginnings: nothing may have changed. */
async function readAgain(
  { kafka, topics, output, written, findings }: Participants,
): Promise<void> {
  const tails = [
    ...topics.map(({ name, tail }) => [name, tail] as const),
    [output, written] as const,
  ];
  for (const [name, first] of tails) {
    const second = new LogTail(kafka, name, { read() {} });
    await second.end();
    if (first.fingerprints === second.fingerprints) continue;
    const what =
      `'${name}' was ${first.fingerprints}, and is ${second.fingerprints}`;
    findings.report({ check: "rewritten", what, records: [] });
  }
}
