import type { Kafka } from "kafkajs";
import { withAdmin } from "lib/admin/with_admin.ts";
import { deleteTopic } from "lib/admin/topic.ts";
import { until } from "lib/client/until.ts";
import { openCluster } from "lib/faults/cluster_guard.ts";
import { drain, judge } from "./judge.ts";
import { carryOut } from "./carry_out_plan.ts";
import { GROUPS, makePlan, type Step } from "lib/experiment/fault_plan.ts";
import { standstillOf, StandstillWatch } from "./standstill.ts";
import { watchTopic } from "./watch_topic.ts";
import { openWires } from "./wires.ts";
import {
  type Participants,
  quietClient,
  setUpParticipants,
  type SoakOptions,
  statusOf,
} from "./participants.ts";

const STATUS_MS = 15_000;

/**
 * Runs a soak, and restores the cluster, ends all clients and removes topics
 * and groups, however it ends.
 *
 * @throws {InterruptedError} If it was stopped.
 */
export async function soak(options: SoakOptions): Promise<Participants> {
  const { engine, places, say, signal } = options;
  const cluster = await openCluster({ engine, ...places });
  const kafka = quietClient(cluster.addresses);
  await using wires = openWires(cluster.addresses);
  const participants = await setUpParticipants(options, {
    kafka,
    cluster,
    wires,
  });
  const { topics, output, groups, producing } = participants;
  try {
    await work(participants, options);
    return participants;
  } finally {
    if (signal.aborted) say("stopped: ending the clients");
    wires.clear();
    await Promise.all([
      ...GROUPS.map((name) => groups.crews[name].kill()),
      producing.end(0),
      ...topics.map(({ tail }) => tail.stop()),
      participants.written.stop(),
      cluster.restore(),
    ]);
    for (const name of [...topics.map(({ name }) => name), output]) {
      await deleteTopic(kafka, name);
    }
    await deleteGroups(kafka, groups.ids);
  }
}

async function work(
  participants: Participants,
  options: SoakOptions,
): Promise<void> {
  const { groups, producing, topics, written } = participants;
  const { seed, minutes, say, signal } = options;
  for (const name of GROUPS) groups.crews[name].start();
  for (const { tail } of topics) tail.start();
  written.start();
  await producing.start(seed);
  const timer = setInterval(() => say(statusOf(participants)), STATUS_MS);
  try {
    using watch = watchOver(participants);
    const planOptions = {
      topics: options.topics,
      unwritable: options.unwritable,
    };
    await breakThings(
      participants,
      options,
      makePlan(seed, minutes, planOptions),
    );
    say("the faults are over");
    await producing.end();
    await drain(participants);
    for (const line of longestWaits(watch, options)) say(line);
  } finally {
    clearInterval(timer);
  }
  signal.throwIfAborted();
  await judge(participants, options.engine);
}

/** Carries out the plan, to its end or to the first violation, and lets the rest of the time pass. */
async function breakThings(
  { cluster, wires, groups, topics, producing, findings }: Participants,
  { say, signal, minutes }: SoakOptions,
  plan: Step[],
): Promise<void> {
  const over = AbortSignal.timeout(minutes * 60_000);
  const { found, report } = findings;
  const crews = groups.crews;
  try {
    await cluster.during(() =>
      carryOut(plan, {
        ...{ cluster, wires, crews, topics, producing, report },
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

function longestWaits(
  { longestMs }: StandstillWatch,
  { unwritable }: SoakOptions,
): string[] {
  const seconds = (ms: number) => `${Math.ceil(ms / 1000)} s`;
  return [
    `no client stood still for more than ${seconds(longestMs.any)}`,
    ...(unwritable === 0 ? [] : [
      `no topic that can be written waited for more than ${
        seconds(longestMs.besideUnwritable)
      } while others could not`,
    ]),
  ];
}

function watchOver(participants: Participants): StandstillWatch {
  const { topics, groups, written, outputs, findings } = participants;
  const { tail } = participants.input;
  const isBehind = (name: typeof GROUPS[number]) =>
    [...tail.positions].some(([partition, position]) =>
      groups.checks[name].processed(partition) < position
    );
  return new StandstillWatch([
    ...topics.flatMap((topic) => watchTopic(topic, participants)),
    {
      name: "the reader of the output",
      standsStillMs: () => written.standsStillMs,
    },
    ...GROUPS.map((name) => {
      const look = standstillOf(
        // A transaction that is tried again and again is no progress.
        () =>
          name === "transactional"
            ? outputs.counts.output
            : groups.checks[name].counts.processed,
        () => isBehind(name),
        { crashes: () => groups.crews[name].counts.crashes },
      );
      return {
        name: `the group '${name}'`,
        standsStillMs: () => look().ms,
        excusedMs: () => look().excusedMs,
      };
    }),
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
