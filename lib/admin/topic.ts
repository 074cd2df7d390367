import type { Kafka, KafkaJSError } from "kafkajs";
import {
  type BrokerConnections,
  withBrokers,
} from "../client/broker_connections.ts";
import { fetchEveryMetadata } from "./metadata.ts";
import { fetchTopicOffsets } from "./topic_offsets.ts";
import {
  requestTopic,
  requestTopicDeletion,
  type TopicRefusal,
} from "./topic_requests.ts";
import { until } from "../client/until.ts";

/** How {@linkcode createTopic} makes a topic. */
export interface CreateTopicOptions {
  /** How many partitions. 3 by default. */
  partitions?: number;
  /** How many brokers keep a copy. By default the broker's `default.replication.factor`. */
  replicationFactor?: number;
  /**
   * For each partition the ids of the brokers that keep its copies; the first
   * is preferred as leader. In place of the two above. By default the cluster chooses.
   */
  replicas?: number[][];
  /** The topic's settings by Kafka's names: `{ "cleanup.policy": "compact" }`. One that is undefined stays the broker's. */
  config?: Record<string, string | number | boolean | undefined>;
  /**
   * After how long to give up, in milliseconds. 60 s by default, Java's
   * `default.api.timeout.ms`: a broker syncs some files for each partition,
   * which takes a slow disk a while. If no broker answers at all, 15 s are enough.
   */
  deadlineMs?: number;
}

const DEADLINE_MS = 60_000;
/** How long to wait for any broker at all. */
const ANSWER_MS = 15_000;

const LEGAL_NAME = /^[a-zA-Z0-9._-]+$/;
const LONGEST_NAME = 249;

/**
 * Makes a name that no other run uses, for a topic, a group or a
 * transactional id.
 *
 * @param base What the name begins with: letters, digits, `.`, `_` and `-`.
 * @returns The base, a dash and eight random letters or digits.
 * @throws {RangeError} If Kafka would refuse the name.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 *
 * assert(/^orders-[a-z0-9]{8}$/.test(freshName("orders")));
 * ```
 */
export function freshName(base: string): string {
  const random = crypto.getRandomValues(new Uint8Array(8));
  const name = `${base}-${
    [...random].map((byte) => (byte % 36).toString(36)).join("")
  }`;
  if (!LEGAL_NAME.test(base) || name.length > LONGEST_NAME) {
    throw new RangeError(
      `Cannot make a name as 'base' must be 1 to 240 letters, digits, '.', '_' or '-': current value is '${base}'`,
    );
  }
  return name;
}

/**
 * Creates a topic and waits until it can be used: every broker that answers
 * knows every partition's leader, and the leaders serve them. The news of a
 * topic reaches one broker after another, and a leader takes records only some
 * milliseconds after its name is known; a send in between is refused in part
 * and repeated, which leaves records twice.
 *
 * @param kafka The cluster.
 * @param name The topic's name.
 * @param options Partitions, replication factor, settings.
 * @throws {RangeError} If `replicas` is given together with what it stands for.
 * @throws {Error} If the topic exists already, or the cluster refuses it, with the broker's reason.
 * @throws {DeadlineError} If it cannot be used in time. It may have been created all the same.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const kafka = kafkaClient();
 * const orders = freshName("orders");
 *
 * await createTopic(kafka, orders, { partitions: 2, config: { "retention.ms": 60_000 } });
 * assertEquals(await topicExists(kafka, orders), true);
 * await deleteTopic(kafka, orders);
 * assertEquals(await topicExists(kafka, orders), false);
 * ```
 */
export async function createTopic(
  kafka: Kafka,
  name: string,
  {
    replicas,
    partitions = replicas?.length ?? 3,
    replicationFactor = -1,
    config = {},
    deadlineMs = DEADLINE_MS,
  }: CreateTopicOptions = {},
): Promise<void> {
  if (
    replicas && (replicationFactor !== -1 || partitions !== replicas.length)
  ) {
    throw new RangeError(
      `Cannot create topic '${name}' as 'replicas' stands in place of 'partitions' and 'replicationFactor': give one or the other`,
    );
  }
  const configEntries = Object.entries(config)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, value: String(value) }));
  const topic = {
    topic: name,
    numPartitions: replicas ? -1 : partitions,
    replicationFactor,
    replicaAssignment: replicas?.map((brokers, partition) => ({
      partition,
      replicas: brokers,
    })),
    configEntries,
  };
  const what = `topic '${name}' to be ready`;
  await withBrokers(kafka, async (brokers) => {
    let tries = 0;
    const refusal = await decided(
      () => (tries++, requestTopic(brokers, topic)),
      { deadlineMs, what },
    );
    // After a try without an answer, it was that try which created the topic.
    const isOurs = refusal?.error === "TOPIC_ALREADY_EXISTS" && tries > 1;
    if (refusal && !isOurs) {
      throw new Error(`Cannot create topic '${name}': ${refusal.reason}`);
    }
    await until(() => isReady(brokers, name, partitions), {
      deadlineMs,
      what,
      intervalMs: 10,
    });
  }, { deadlineMs, answerMs: ANSWER_MS, what });
}

async function isReady(
  brokers: BrokerConnections,
  name: string,
  count: number,
): Promise<boolean> {
  const answers = await fetchEveryMetadata(brokers, [name]);
  const isKnown = answers.every(({ topics: [topic] }) =>
    topic?.error === null && topic.partitions.length === count &&
    topic.partitions.every(({ leader }) => leader !== null)
  );
  return isKnown &&
    (await fetchTopicOffsets(brokers, name)).every(({ end }) => end !== null);
}

/** Repeats a request until the cluster has done it or refused it for good. */
async function decided(
  request: () => Promise<TopicRefusal | null>,
  options: { deadlineMs: number; what: string },
): Promise<TopicRefusal | null> {
  const { refusal } = await until(async () => {
    const refusal = await request();
    if (refusal?.retriable) throw new Error(refusal.reason);
    return { refusal };
  }, {
    ...options,
    isFinal: (error) => (error as Partial<KafkaJSError>).retriable === false,
  });
  return refusal;
}

/**
 * Deletes topics and waits until they are gone from the brokers' metadata.
 * A topic that does not exist is gone already.
 *
 * @param kafka The cluster.
 * @param names One topic or several.
 * @param options `deadlineMs`: after how many milliseconds to give up, 60 s by default, and 15 s if no broker answers at all.
 * @throws {Error} If the cluster refuses, with its reason.
 * @throws {DeadlineError} If they are still there then.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * await deleteTopic(kafkaClient(), freshName("never-created"));
 * ```
 */
export async function deleteTopic(
  kafka: Kafka,
  names: string | string[],
  { deadlineMs = DEADLINE_MS }: { deadlineMs?: number } = {},
): Promise<void> {
  const wanted = [names].flat();
  if (wanted.length === 0) return;
  const what = `the end of topic ${wanted.join(", ")}`;
  await withBrokers(kafka, async (brokers) => {
    const topics = await existing(brokers, wanted);
    if (topics.length === 0) return;
    const options = { deadlineMs, what };
    const refusal = await decided(async () => {
      const refusals = await requestTopicDeletion(brokers, topics);
      return refusals.find(({ retriable }) => !retriable) ?? refusals[0] ??
        null;
    }, options);
    if (refusal) {
      throw new Error(
        `Cannot delete topic ${topics.join(", ")}: ${refusal.reason}`,
      );
    }
    await until(async () => (await existing(brokers, topics)).length === 0, {
      ...options,
      intervalMs: 10,
    });
  }, { deadlineMs, answerMs: ANSWER_MS, what });
}

const ABSENT = ["UNKNOWN_TOPIC_OR_PARTITION", "INVALID_TOPIC_EXCEPTION"];

/** Which of these topics any broker still knows. */
async function existing(
  brokers: BrokerConnections,
  names: string[],
): Promise<string[]> {
  const known = new Set(
    (await fetchEveryMetadata(brokers, names)).flatMap(({ topics }) => topics)
      .filter(({ error }) => error === null || !ABSENT.includes(error))
      .map(({ name }) => name),
  );
  return names.filter((name) => known.has(name));
}

/**
 * Whether the cluster has a topic of this name.
 *
 * @param kafka The cluster.
 * @param name The topic's name.
 * @returns Whether any broker that answers knows it.
 * @throws {DeadlineError} If no broker answers within 15 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * assertEquals(await topicExists(kafkaClient(), freshName("never-created")), false);
 * ```
 */
export async function topicExists(
  kafka: Kafka,
  name: string,
): Promise<boolean> {
  const what = `news of topic '${name}'`;
  const found = await withBrokers(
    kafka,
    (brokers) => existing(brokers, [name]),
    { what },
  );
  return found.length > 0;
}
