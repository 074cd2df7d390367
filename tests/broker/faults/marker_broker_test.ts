import { assertEquals } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic } from "lib/admin/topic.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import { markerBroker } from "lib/faults/marker_broker.ts";
import { until } from "../../_patience.ts";

Deno.test("markerBroker() holds markers back until they are released", async () => {
  const broker = markerBroker();
  await broker.connect();
  const kafka = kafkaClient({
    brokers: [broker.address],
    ssl: false,
    logLevel: 0,
  });
  await createTopic(kafka, "orders", { partitions: 1 });
  const producer = kafka.producer({
    transactionalId: "shop",
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: "orders", messages: [{ value: "tea" }] });
  broker.holdMarkers();
  await transaction.commit();
  await producer.disconnect();
  const batches = async () => (await readBatches(kafka, "orders")).length;
  assertEquals(await batches(), 1);
  broker.releaseMarkers();
  await until(async () => await batches() === 2, { what: "the marker" });
  await broker.disconnect();
});
