import { assert, assertEquals } from "@std/assert";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { visitClusters } from "lib/client/inner_cluster.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { passOverSilent } from "lib/client/pass_over_silent.ts";
import { socketFaults } from "lib/faults/socket_faults.ts";
import { tcpFaultProxy } from "lib/faults/tcp_fault_proxy.ts";
import { SafeProducer } from "lib/producer/safe_producer.ts";

const BROKER = kafkaClient();
const ANSWERING = "localhost:9092";

/** An address that leads to the broker and carries nothing from a moment on. */
function relay({ isSilent = false } = {}) {
  const faults = socketFaults();
  const proxy = tcpFaultProxy(ANSWERING, faults);
  const fallSilent = () =>
    faults.hangConnection({
      apiKey: ["ApiVersions", "Metadata"],
      times: 1_000_000,
    });
  if (isSilent) fallSilent();
  return {
    address: proxy.address,
    fallSilent,
    [Symbol.asyncDispose]: () => proxy.close(),
  };
}

/** A request gets an answer, or an error, within a second. */
const QUICK = { requestTimeout: 1_000, logLevel: logLevel.NOTHING };

/** KafkaJS as published, with this mend alone. */
function mendedAlone(brokers: string[], config: Partial<KafkaConfig> = {}) {
  const kafka = new Kafka({ ...QUICK, brokers, ...config });
  visitClusters(kafka, passOverSilent);
  return kafka;
}

Deno.test("producers, consumers and admin clients of kafkaClient() pass over an address that is silent", async () => {
  await using silent = relay({ isSilent: true });
  const brokers = [silent.address, ANSWERING];
  const kafka = kafkaClient({ ...QUICK, brokers });
  const clients = [
    kafka.producer(),
    kafka.consumer({ groupId: freshName("group") }),
    kafka.admin(),
  ];
  for (const client of clients) {
    await client.connect();
    await client.disconnect();
  }
});

Deno.test("SafeProducer passes over an address that is silent, also with a client as published", async () => {
  await using silent = relay({ isSilent: true });
  const topic = freshName("orders");
  await createTopic(BROKER, topic);
  const kafka = new Kafka({
    ...{ ...QUICK, brokers: [silent.address, ANSWERING] },
  });
  const producer = new SafeProducer(kafka);
  await producer.connect();
  assertEquals((await producer.add({ topic, value: "placed" })).offset, 0n);
  await producer.close();
  await deleteTopic(BROKER, topic);
});

Deno.test("passOverSilent() asks a broker once more that answered before", async () => {
  await using first = relay();
  const kafka = mendedAlone([first.address, ANSWERING]);
  const admin = kafka.admin();
  await admin.connect();
  await admin.disconnect();
  first.fallSilent();
  await admin.connect();
  assert(Array.isArray(await admin.listTopics()));
  await admin.disconnect();
});

Deno.test("passOverSilent() gives up a broker before a long requestTimeout is over", async () => {
  await using silent = relay({ isSilent: true });
  const requestTimeout = 600_000;
  const kafka = mendedAlone([silent.address, ANSWERING], { requestTimeout });
  const admin = kafka.admin();
  await admin.connect();
  await admin.disconnect();
});
