import { Buffer } from "node:buffer";
import type { OtherClient } from "./other_client.ts";

/** The little of `kafka-crab-js` that is used here. */
interface KafkaCrab {
  KafkaClient: new (options: object) => {
    createProducer(options: object): {
      send(options: { topic: string; messages: object[] }): Promise<unknown>;
    };
    createWebStreamConsumer(options: object): {
      consumer: {
        subscribe(topic: string): Promise<void>;
        disconnect(): Promise<void>;
      };
      stream: ReadableStream<unknown[]>;
    };
  };
}

/** As its documents show, a web stream of batches and sends of many records. */
export async function kafkaCrab(): Promise<OtherClient> {
  // Not a literal: this project's own deno.json does not know the package.
  const name = "kafka-crab-js";
  const { KafkaClient }: KafkaCrab = await import(name);
  const clientFor = (brokers: string) =>
    new KafkaClient({ brokers, clientId: "bench", logLevel: "none" });
  return {
    // Each send waits for its own flush, so that large ones are faster.
    sends: { records: 2_000, underWay: 5 },
    async producer({ address, topic }, value) {
      const producer = clientFor(address).createProducer({
        configuration: { acks: "all" },
      });
      const record = { payload: Buffer.from(value.buffer) };
      return {
        async send(records) {
          const messages = Array.from({ length: records }, () => record);
          await producer.send({ topic, messages });
        },
        close: async () => {},
      };
    },
    async consumer({ address, topic, groupId }, onRecords) {
      // The size and the time of its own measurement of throughput.
      const { consumer, stream } = clientFor(address).createWebStreamConsumer({
        ...{ groupId, batchSize: 4_096, batchTimeout: 2 },
        enableAutoCommit: true,
        configuration: {
          "auto.offset.reset": "earliest",
          "auto.commit.interval.ms": 1_000,
        },
      });
      await consumer.subscribe(topic);
      const reader = stream.getReader();
      const read = async () => {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return;
          onRecords(value.length);
        }
      };
      const reading = read();
      return {
        async close() {
          await reader.cancel();
          await reading;
          await consumer.disconnect();
        },
      };
    },
  };
}
