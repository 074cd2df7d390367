import type { Kafka } from "kafkajs";
import { withAdmin } from "lib/client/admin.ts";
import { deleteTopic } from "lib/client/topic.ts";
import { until } from "lib/client/until.ts";
import { openCluster } from "lib/cluster/cluster_guard.ts";
import { drain, judge } from "./judge.ts";
import { carryOut } from "./lanes.ts";
import { GROUPS, makePlan, type Step } from "./plan.ts";
import { standstillOf, StandstillWatch } from "./standstill.ts";
import { openWires } from "./wires.ts";
import {
  quietClient,
  setUpWorks,
  type SoakOptions,
  statusOf,
  type Works,
} from "./works.ts";

const STATUS_MS = 15_000;

/**
 * Runs a soak, and restores the cluster, ends all clients and removes topics
 * and groups, however it ends.
 *
 * @throws {InterruptedError} If it was stopped.
 */
export async function soak(options: SoakOptions): Promise<Works> {
  const { engine, places, say, signal } = options;
  const cluster = await openCluster({ engine, ...places });
  const kafka = quietClient(cluster.addresses);
  await using wires = openWires(cluster.addresses);
  const works = await setUpWorks(options, { kafka, cluster, wires });
  const { topic, output, groups, producing } = works;
  try {
    await work(works, options);
    return works;
  } finally {
    if (signal.aborted) say("stopped: ending the clients");
    wires.clear();
    await Promise.all([
      ...GROUPS.map((name) => groups.crews[name].kill()),
      producing.end(0),
      works.input.stop(),
      works.written.stop(),
      cluster.restore(),
    ]);
    await deleteTopic(kafka, topic);
    await deleteTopic(kafka, output);
    await deleteGroups(kafka, groups.ids);
  }
}

async function work(works: Works, options: SoakOptions): Promise<void> {
  const { groups, producing, input, written } = works;
  const { seed, minutes, say, signal } = options;
  for (const name of GROUPS) groups.crews[name].start();
  for (const tail of [input, written]) tail.start();
  await producing.start(seed);
  const timer = setInterval(() => say(statusOf(works)), STATUS_MS);
  try {
    using watch = watchOver(works);
    await breakThings(works, options, makePlan(seed, minutes));
    say("the faults are over");
    await producing.end();
    await drain(works);
    say(
      `no client stood still for more than ${
        Math.ceil(watch.longestMs / 1000)
      } s`,
    );
  } finally {
    clearInterval(timer);
  }
  signal.throwIfAborted();
  await judge(works, options.engine);
}

/** Carries out the plan, to its end or to the first violation, and lets the rest of the time pass. */
async function breakThings(
  { cluster, wires, groups, findings }: Works,
  { say, signal, minutes }: SoakOptions,
  plan: Step[],
): Promise<void> {
  const over = AbortSignal.timeout(minutes * 60_000);
  const { found, report } = findings;
  const crews = groups.crews;
  try {
    await cluster.during(() =>
      carryOut(plan, {
        ...{ cluster, wires, crews, report },
        say(line) {
          findings.noteStep(line);
          say(line);
        },
        signal: AbortSignal.any([signal, found.signal]),
      })
    );
    await rest(AbortSignal.any([signal, found.signal, over]));
  } catch (error) {
    if (!found.signal.aborted || signal.aborted) throw error;
  }
  wires.clear();
  signal.throwIfAborted();
}

/** Waits for a signal. */
function rest(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function watchOver(
  { groups, producing, input, written, outputs, findings }: Works,
): StandstillWatch {
  const isBehind = (name: typeof GROUPS[number]) =>
    [...input.positions].some(([partition, position]) =>
      groups.checks[name].processed(partition) < position
    );
  return new StandstillWatch([
    { name: "the producer", standsStillMs: () => producing.standsStillMs },
    { name: "the reader of the log", standsStillMs: () => input.standsStillMs },
    {
      name: "the reader of the output",
      standsStillMs: () => written.standsStillMs,
    },
    ...GROUPS.map((name) => ({
      name: `the group '${name}'`,
      standsStillMs: standstillOf(
        // A transaction that is tried again and again is no progress.
        () =>
          name === "transactional"
            ? outputs.counts.output
            : groups.checks[name].counts.processed,
        () => isBehind(name),
      ),
    })),
  ], {
    report: findings.report,
    alsoLook: () => GROUPS.forEach((name) => groups.checks[name].look()),
  });
}

/** A killed member counts until its session is over. */
async function deleteGroups(kafka: Kafka, ids: string[]): Promise<void> {
  await withAdmin(kafka, (admin) =>
    until(async () => {
      const { groups } = await admin.listGroups();
      const there = groups.map(({ groupId }) => groupId)
        .filter((id) => ids.includes(id));
      if (there.length > 0) await admin.deleteGroups(there);
      return true;
    }, { what: "the end of the groups", deadlineMs: 30_000, intervalMs: 500 }));
}
