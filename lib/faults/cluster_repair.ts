import { ownCommand } from "../client/own_command.ts";
import { logLevel } from "kafkajs";
import { withBrokers } from "../client/broker_connections.ts";
import { kafkaClient } from "../client/kafka_client.ts";
import { fetchMetadata, type TopicMetadata } from "../admin/metadata.ts";
import { until } from "../client/until.ts";
import type { Engine, EngineOptions, ServiceState } from "../brokers/engine.ts";
import { findEngine } from "../brokers/find_engine.ts";
import { EngineError } from "../brokers/engine_error.ts";

/** Longer than the session of a killed broker, and than a start on a busy machine. */
const REPAIR_MS = 90_000;

/** What a look at one broker may take. */
const LOOK_MS = 5_000;

/**
 * Makes the cluster of `compose.yaml` whole: thaws what is frozen, starts what
 * does not run, and waits until each partition has a leader and all of its
 * replicas in sync, as every broker sees it. A healthy cluster is left alone.
 *
 * @param engine What runs the brokers.
 * @param options `onProgress`: called with each step of starting and thawing, in one line.
 * @returns What had to be repaired, a sentence for each node: "kafka-2 was frozen: thawed".
 * @throws {DeadlineError} If a partition is still not whole after 90 s.
 * @throws {EngineError} If somebody stops the whole cluster meanwhile.
 *
 * @example Usage
 * ```ts
 * import { findEngine } from "../brokers/find_engine.ts";
 *
 * const engine = await findEngine("local");
 * // for (const sentence of await repairCluster(engine)) console.log(sentence);
 * ```
 */
export async function repairCluster(
  engine: Engine,
  { onProgress = () => {} }: { onProgress?: (line: string) => void } = {},
): Promise<string[]> {
  const repaired = new Map<string, string>();
  const repairNodes = async (isBroken: (state: ServiceState) => boolean) => {
    const nodes = await engine.status({ cluster: true });
    const broken = nodes.filter(({ state }) => isBroken(state));
    if (broken.length > 0) await engine.up({ cluster: true, onProgress });
    for (const { service, state } of broken) {
      repaired.set(service, repairOf(service, state));
    }
    return nodes;
  };
  await repairNodes((state) => state !== "running");
  await untilWhole(engine.addresses({ cluster: true }), async () => {
    // One that was being killed when the repair began has died since. But what somebody stops
    // meanwhile shall stay so.
    const nodes = await repairNodes((state) => HURT.includes(state));
    return nodes.every(({ state }) => ENDED.includes(state)) ? "ended" : "up";
  });
  return [...repaired.values()];
}

/** What faults leave behind, other than an orderly stop. */
const HURT: ServiceState[] = ["killed", "frozen"];
const ENDED: ServiceState[] = ["stopped", "absent"];

function repairOf(service: string, state: ServiceState): string {
  if (state === "frozen") return `${service} was frozen: thawed`;
  if (state === "absent") return `${service} did not run: started`;
  return `${service} was ${state}: started again`;
}

/** Waits until every broker tells of every partition that all of its replicas are in sync. */
async function untilWhole(
  addresses: string[],
  lookAgain: () => Promise<"up" | "ended">,
): Promise<void> {
  let behind: string[] = [];
  let isEnded = false;
  await until(async () => {
    const views = await Promise.all(
      addresses.map((address) => topicsSeenBy(address)),
    ).catch(async (error) => {
      isEnded = await lookAgain() === "ended";
      if (isEnded) return [];
      throw error;
    });
    behind = [...new Set(views.flatMap((topics) => topics.flatMap(notWhole)))];
    return behind.length === 0;
  }, {
    what: () =>
      `all replicas to be in sync; ${behind.slice(0, 5).join(", ")} are not`,
    deadlineMs: REPAIR_MS,
    intervalMs: 200,
  });
  if (isEnded) {
    throw new EngineError(
      `Cannot repair the cluster as somebody has stopped all of it meanwhile: '${
        ownCommand("kafka up --cluster")
      }' starts it again`,
    );
  }
}

function notWhole({ name, partitions }: TopicMetadata): string[] {
  return partitions.flatMap(({ partition, leader, replicas, isr }) =>
    leader === null || isr.length < replicas.length
      ? [`${name}-${partition}`]
      : []
  );
}

/**
 * What one broker knows of topics: of those named, or of all.
 *
 * @param address The broker's: "localhost:19092".
 * @param topics Their names. Default: all.
 * @returns Its view of them.
 * @throws {DeadlineError} If it does not answer within 5 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const [topic] = await topicsSeenBy("localhost:9092", ["never-created"]);
 * assertEquals(topic!.error, "UNKNOWN_TOPIC_OR_PARTITION");
 * ```
 */
export async function topicsSeenBy(
  address: string,
  topics?: string[],
): Promise<TopicMetadata[]> {
  const kafka = clusterClient([address]);
  return await withBrokers(
    kafka,
    async (brokers) =>
      (await fetchMetadata(await brokers.any(), topics)).topics,
    { deadlineMs: LOOK_MS, what: `an answer of ${address}` },
  );
}

/** A client that says nothing of broken connections: they are what faults are about. */
function clusterClient(brokers: string[]) {
  return kafkaClient({
    ...{ brokers, ssl: false, sasl: undefined },
    logLevel: logLevel.NOTHING,
  });
}

/** What a watch hands over when the owner of faults is gone: see `runAfterExit()`. */
export interface RepairOrder {
  engine: Engine["name"];
  options: EngineOptions;
}

if (import.meta.main) {
  const order: RepairOrder = JSON.parse(Deno.args[0] ?? "{}");
  const engine = await findEngine(order.engine, order.options);
  const nodes = await engine.status({ cluster: true });
  // A cluster that was ended meanwhile is not wanted any more.
  if (nodes.some(({ state }) => state !== "absent")) {
    // That replicas are in sync again, nobody waits for here; and a process that waited could take
    // a cluster that somebody ends for a broken one.
    await engine.up({ cluster: true });
  }
}
