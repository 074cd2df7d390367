import type { Kafka, KafkaJSAggregateError } from "kafkajs";
import { withAdmin } from "./admin.ts";
import { type AskMetadata, withMetadata } from "./metadata.ts";
import { until } from "./until.ts";

/** How {@linkcode createTopic} makes a topic. */
export interface CreateTopicOptions {
  /** How many partitions. 3 by default. */
  partitions?: number;
  /** How many brokers keep a copy. By default the broker's `default.replication.factor`. */
  replicationFactor?: number;
  /** The topic's settings by Kafka's names: `{ "cleanup.policy": "compact" }`. */
  config?: Record<string, string | number | boolean>;
  /** After how long to give up, in milliseconds. 15 s by default. */
  deadlineMs?: number;
}

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
 * Creates a topic and waits until every partition has a leader in the metadata
 * of every broker that answers, so that the next send or fetch finds it: the
 * news of a topic reaches one broker after another.
 *
 * @param kafka The cluster.
 * @param name The topic's name.
 * @param options Partitions, replication factor, settings.
 * @throws {Error} If the topic exists already, or the cluster refuses it, with the cluster's reason.
 * @throws {DeadlineError} If the leaders are not there in time.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "./kafka_client.ts";
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
  { partitions = 3, replicationFactor = -1, config = {}, deadlineMs = 15_000 }:
    CreateTopicOptions = {},
): Promise<void> {
  const configEntries = Object.entries(config)
    .map(([name, value]) => ({ name, value: String(value) }));
  const topic = {
    topic: name,
    numPartitions: partitions,
    replicationFactor,
    configEntries,
  };
  const created = await withAdmin(
    kafka,
    (admin) => admin.createTopics({ topics: [topic], waitForLeaders: false }),
    { deadlineMs, what: `the creation of topic '${name}'` },
  ).catch((error) => {
    throw new Error(`Cannot create topic '${name}': ${reasonOf(error)}`, {
      cause: error,
    });
  });
  if (!created) {
    throw new Error(`Cannot create topic '${name}': it exists already`);
  }

  const what = `a leader of each partition of topic '${name}'`;
  await withMetadata(kafka, async (ask) => {
    await until(async () => {
      const answers = await ask([name]);
      return answers.every(({ topics: [topic] }) =>
        topic?.error === null && topic.partitions.length === partitions &&
        topic.partitions.every(({ leader }) => leader !== null)
      );
    }, { what, deadlineMs });
  }, { deadlineMs, what });
}

/**
 * Deletes topics and waits until they are gone from the brokers' metadata.
 * A topic that does not exist is gone already.
 *
 * @param kafka The cluster.
 * @param names One topic or several.
 * @param options After how many milliseconds to give up, 15 s by default.
 * @throws {DeadlineError} If they are still there then.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * await deleteTopic(kafkaClient(), freshName("never-created"));
 * ```
 */
export async function deleteTopic(
  kafka: Kafka,
  names: string | string[],
  { deadlineMs = 15_000 }: { deadlineMs?: number } = {},
): Promise<void> {
  const wanted = [names].flat();
  const what = `the end of topic ${wanted.join(", ")}`;
  if (wanted.length === 0) return;
  await withMetadata(kafka, async (ask) => {
    const topics = await existing(ask, wanted);
    if (topics.length === 0) return;
    await withAdmin(kafka, (admin) => admin.deleteTopics({ topics }), {
      deadlineMs,
      what,
    });
    await until(async () => (await existing(ask, topics)).length === 0, {
      what,
      deadlineMs,
    });
  }, { deadlineMs, what });
}

/** Which of these topics any broker still knows. */
async function existing(ask: AskMetadata, names: string[]): Promise<string[]> {
  const known = new Set(
    (await ask(names)).flatMap(({ topics }) => topics)
      .filter(({ error }) => error !== "UNKNOWN_TOPIC_OR_PARTITION")
      .map(({ name }) => name),
  );
  return names.filter((name) => known.has(name));
}

/**
 * Whether the cluster has a topic of this name.
 *
 * @param kafka The cluster.
 * @param name The topic's name.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * assertEquals(await topicExists(kafkaClient(), freshName("never-created")), false);
 * ```
 */
export async function topicExists(
  kafka: Kafka,
  name: string,
): Promise<boolean> {
  return await withMetadata(
    kafka,
    async (ask) => (await existing(ask, [name])).length > 0,
  );
}

/** KafkaJS puts the broker's reason into the errors of an error. */
function reasonOf(error: Error): string {
  const reasons = (error as Partial<KafkaJSAggregateError>).errors ?? [];
  return [...reasons, error.message].slice(0, reasons.length || 1)
    .map((reason) => typeof reason === "string" ? reason : reason.message)
    .join("; ");
}
