import type { Kafka } from "kafkajs";
import {
  type BrokerAddress,
  type BrokerConnections,
  withBrokers,
} from "../client/broker_connections.ts";
import { DeadlineError, within } from "../client/deadline.ts";
import { isRetriable } from "../client/retriable.ts";
import { fetchMetadata } from "./metadata.ts";
import {
  requestSettings,
  requestSettingsChange,
  type SettingsRefusal,
} from "./settings_requests.ts";
import { until } from "../client/until.ts";

/** A value for each setting, by Kafka's names; null takes the setting back, so that the broker's holds again; undefined leaves it alone. */
export type SettingsChange = Record<
  string,
  string | number | boolean | null | undefined
>;

/** A broker that is listed but silent is left out after this time. */
const SILENCE_MS = 2_000;
const UNKNOWN = "UNKNOWN_TOPIC_OR_PARTITION";

/**
 * Looks up the settings that were made for a topic. What it takes over from
 * its brokers is not among them.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @returns The settings by Kafka's names.
 * @throws {Error} If there is no such topic.
 * @throws {DeadlineError} If no broker answers within 15 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { config: { "retention.ms": 60_000 } });
 * assertEquals(await topicSettings(kafka, topic), { "retention.ms": "60000" });
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function topicSettings(
  kafka: Kafka,
  topic: string,
): Promise<Record<string, string>> {
  const what = `the settings of topic '${topic}'`;
  return await withBrokers(kafka, async (brokers) => {
    const { settings, refusal } = await requestSettings(
      await brokers.any(),
      topic,
    );
    if (refusal) throw new Error(`Cannot look up ${what}: ${refusal.reason}`);
    return settings;
  }, { what });
}

/**
 * Changes some settings of a topic, leaves its other ones as they are, and
 * waits until every broker that answers has the news. KafkaJS's `alterConfigs`
 * would take the others back.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param changes What to change.
 * @param options `deadlineMs`: after how many milliseconds to give up, 15 s by default.
 * @throws {Error} If the cluster refuses, with its reason. Nothing is changed then.
 * @throws {DeadlineError} If the cluster has not decided, or a broker has not got the news, in time.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { config: { "retention.ms": 60_000, "segment.ms": 100 } });
 *
 * await changeTopicSettings(kafka, topic, { "min.insync.replicas": 2, "segment.ms": null });
 * assertEquals(await topicSettings(kafka, topic), {
 *   "min.insync.replicas": "2",
 *   "retention.ms": "60000",
 * });
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function changeTopicSettings(
  kafka: Kafka,
  topic: string,
  changes: SettingsChange,
  { deadlineMs = 15_000 }: { deadlineMs?: number } = {},
): Promise<void> {
  const wanted = Object.fromEntries(
    Object.entries(changes)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value === null ? null : String(value)]),
  );
  if (Object.keys(wanted).length === 0) return;
  const what = `the changed settings of topic '${topic}'`;
  const options = { deadlineMs, what };
  await withBrokers(kafka, async (brokers) => {
    const { refusal } = await until(async () => {
      const broker = await brokers.any();
      const refusal = await requestSettingsChange(broker, topic, wanted);
      // Of a topic that it does not know, the controller will not hear either.
      if (refusal?.retriable && refusal.error !== UNKNOWN) {
        throw new RetriableRefusal(refusal);
      }
      return { refusal };
    }, { ...options, isFinal: (error) => !isRetriable(error) });
    if (refusal) {
      throw new Error(
        `Cannot change the settings of topic '${topic}': ${refusal.reason}`,
      );
    }
    await until(() => everyBrokerHas(brokers, topic, wanted), {
      ...options,
      intervalMs: 10,
    });
  }, options);
}

async function everyBrokerHas(
  brokers: BrokerConnections,
  topic: string,
  wanted: Record<string, string | null>,
): Promise<boolean> {
  const { brokers: listed } = await fetchMetadata(await brokers.any(), [topic]);
  const look = async (address: BrokerAddress) => {
    const { settings } = await requestSettings(
      await brokers.at(address),
      topic,
    );
    return Object.entries(wanted).every(([name, value]) =>
      isSame(settings[name], value)
    );
  };
  const has = await Promise.all(
    listed.map((address) =>
      within(look(address), { deadlineMs: SILENCE_MS, what: "a broker" })
        .catch(ofNoAnswer)
    ),
  );
  return has.every((news) => news !== false);
}

/** Brokers give a value as they have read it: " 5 " as "5", "a, b" as "a,b". */
function isSame(found: string | undefined, wanted: string | null): boolean {
  if (found === undefined || wanted === null) {
    return found === (wanted ?? undefined);
  }
  const plain = (value: string) => value.replaceAll(/\s/g, "").toLowerCase();
  return plain(found) === plain(wanted) || Number(found) === Number(wanted);
}

/** A broker that does not answer learns of it when it comes back. */
function ofNoAnswer(error: unknown): undefined {
  if (!(error instanceof DeadlineError) && !isRetriable(error)) throw error;
}

class RetriableRefusal extends Error {
  override name = "RetriableRefusal";
  readonly retriable = true;

  constructor({ reason }: SettingsRefusal) {
    super(reason);
  }
}
