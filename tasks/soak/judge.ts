import { until } from "lib/client/until.ts";
import type { Engine } from "lib/cluster/engine.ts";
import { listProcesses } from "../process_list.ts";
import { LogTail } from "./log_tail.ts";
import { GROUPS } from "./plan.ts";
import type { Works } from "./works.ts";

/** How long the groups may take to work off what is left when all faults are over. */
const DRAIN_MS = 60_000;
/** Lets the groups work off what is left, then ends them, and reads the logs to their ends. */
export async function drain(
  { groups, input, written, outputs }: Works,
): Promise<void> {
  await input.end();
  await until(
    () =>
      GROUPS.every((name) =>
        [...input.positions].every(([partition, end]) =>
          groups.checks[name].processed(partition) >= end
        )
      ) && outputs.counts.output >= outputs.counts.input,
    {
      what: "the groups to process all",
      deadlineMs: DRAIN_MS,
      intervalMs: 200,
    },
  ).catch(() => {}); // the checks tell which, and what is missing
  await Promise.all(GROUPS.map((name) => groups.crews[name].end()));
  await written.end();
}

/** Compares what was told with what is there, now that all has ended. */
export async function judge(works: Works, engine: Engine): Promise<void> {
  const { records, outputs, groups, input, findings } = works;
  records.finish();
  outputs.finish();
  for (const name of GROUPS) groups.checks[name].finish(input.positions);
  await readAgain(works);
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

/** Reads both logs again from their beginnings: nothing may have changed. */
async function readAgain(
  { kafka, topic, output, input, written, findings }: Works,
): Promise<void> {
  const tails = [[topic, input], [output, written]] as const;
  for (const [name, first] of tails) {
    const second = new LogTail(kafka, name, { read() {} });
    await second.end();
    if (first.fingerprints === second.fingerprints) continue;
    const what =
      `'${name}' was ${first.fingerprints}, and is ${second.fingerprints}`;
    findings.report({ check: "rewritten", what, records: [] });
  }
}
