import { type Kafka, logLevel } from "kafkajs";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "lib/client/until.ts";
import type { MeasurementRun } from "./measurement.ts";

/** A broker that leads what is measured, and one that is dead. */
const [ALIVE, DEAD] = [1, 3];
const DEADLINE_MS = 60_000;

/** Two topics with the same leader: every record for the second is refused with NOT_ENOUGH_REPLICAS. */
export interface HealthyAndSick {
  /** The leader's address. */
  address: string;
  /** Its one partition has one replica, and needs no other. */
  healthy: string;
  /** Its partitions need two replicas in sync, and the second one's broker is dead. */
  sick: string;
}

/**
 * Starts the measurement's own cluster, or finds it running, and kills a
 * broker. A setting alone refuses nothing: Kafka 4 takes `min.insync.replicas`
 * for no more than there are replicas.
 *
 * @param run Whose cluster.
 */
export async function clusterWithoutOne(
  { engine }: MeasurementRun,
): Promise<void> {
  await engine.up({ cluster: true });
  await engine.kill(`kafka-${DEAD}`);
}

/**
 * Does some work with both topics, on the cluster of
 * {@linkcode clusterWithoutOne}, and deletes them.
 *
 * @param run Whose cluster.
 * @param partitions How many of them cannot be written.
 * @param work What is done.
 * @returns What the work returned.
 */
export async function withUnwritablePartitions<T>(
  { engine }: MeasurementRun,
  partitions: number,
  work: (topics: HealthyAndSick) => Promise<T>,
): Promise<T> {
  const address = engine.addresses({ cluster: true })[ALIVE - 1]!;
  const kafka = kafkaClient({ brokers: [address], logLevel: logLevel.NOTHING });
  const healthy = freshName("bench-healthy");
  const sick = freshName("bench-sick");
  try {
    await createTopic(kafka, healthy, {
      replicas: [[ALIVE]],
      config: { "min.insync.replicas": 1 },
    });
    await createTopic(kafka, sick, {
      replicas: Array.from({ length: partitions }, () => [ALIVE, DEAD]),
      config: { "min.insync.replicas": 2 },
    });
    await untilRefused(kafka, sick);
    return await work({ address, healthy, sick });
  } finally {
    await deleteTopic(kafka, healthy);
    await deleteTopic(kafka, sick);
  }
}

/** The dead broker counts until its session is over. */
async function untilRefused(kafka: Kafka, topic: string): Promise<void> {
  const producer = kafka.producer({ retry: { retries: 0 } });
  await producer.connect();
  try {
    await until(async () => {
      const messages = [{ value: "", partition: 0 }];
      const error = await producer.send({ topic, messages })
        .then(() => undefined, (error) => error);
      // KafkaJS tells a refusal that it might have tried again in another error.
      return (error?.cause ?? error)?.type === "NOT_ENOUGH_REPLICAS";
    }, { what: `topic '${topic}' to refuse records`, deadlineMs: DEADLINE_MS });
  } finally {
    await producer.disconnect();
  }
}
