import { assertEquals, assertRejects } from "@std/assert";
import {
  type ConsumerConfig,
  type Kafka,
  type KafkaConfig,
  type LogEntry,
  logLevel,
  type ProducerConfig,
} from "kafkajs";
import { type InnerCluster, visitClusters } from "lib/client/inner_cluster.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";

Deno.test("kafkaClient() lets what it is given come before its own settings", async () => {
  const lines: string[] = [];
  const kafka = kafkaClient({
    brokers: ["127.0.0.1:1"],
    logLevel: logLevel.ERROR,
    logCreator: () => ({ log }) => lines.push(log.message),
    retry: { retries: 0 },
  });
  await assertRejects(() => kafka.admin().connect(), Error, "ECONNREFUSED");
  assertEquals(lines.length > 0, true);
});

/** The first connection of the next cluster that a client makes. */
async function connectionOf(
  kafka: Kafka,
  make: (kafka: Kafka) => unknown,
): Promise<Record<string, unknown>> {
  let cluster: InnerCluster | undefined;
  const leave = visitClusters(kafka, (its) => cluster = its);
  make(kafka);
  leave();
  const { pool } = await cluster!.brokerPool.connectionPoolBuilder.build();
  return { ...pool[0] };
}

Deno.test("kafkaClient() takes undefined for its default, in the client's options and in those of consumers and producers", async () => {
  const lines: string[] = [];
  const logCreator = () => ({ log }: LogEntry) => void lines.push(log.message);
  const unset = kafkaClient({
    ...{ clientId: undefined, brokers: undefined, ssl: undefined },
    ...{ connectionTimeout: undefined, requestTimeout: undefined },
    ...{ logLevel: undefined, retry: { retries: undefined }, logCreator },
  } as unknown as KafkaConfig);
  const consumer = (kafka: Kafka) =>
    kafka.consumer({
      groupId: "g",
      ...{ retry: undefined, maxWaitTimeInMs: undefined },
    } as ConsumerConfig);
  const names = ["host", "port", "clientId", "connectionTimeout"];
  for (const make of [(kafka: Kafka) => kafka.admin(), consumer]) {
    const [given, usual] = [
      await connectionOf(unset, make),
      await connectionOf(kafkaClient(), make),
    ];
    for (const name of [...names, "requestTimeout"]) {
      assertEquals(given[name], usual[name], name);
    }
  }
  const { requestTimeout } = await connectionOf(unset, consumer);
  assertEquals(requestTimeout, 10_000);
  unset.producer(
    {
      createPartitioner: undefined,
      retry: undefined,
      idempotent: true,
    } as unknown as ProducerConfig,
  );
  assertEquals(lines, []);
});

Deno.test("kafkaClient() calls itself as KafkaJS does where no clientId is given", async () => {
  const admin = (kafka: Kafka) => kafka.admin();
  assertEquals((await connectionOf(kafkaClient(), admin)).clientId, "kafkajs");
});

Deno.test("kafkaClient() makes producers that warn neither of partitioners nor of retries", () => {
  const lines: string[] = [];
  const kafka = kafkaClient({
    logCreator: () => ({ log }) => lines.push(log.message),
  });
  kafka.producer();
  kafka.producer({ idempotent: true });
  kafka.producer({ transactionalId: "t", idempotent: true });
  assertEquals(lines, []);
});
