import { Buffer } from "node:buffer";
import { KafkaClient } from "kafka-crab-js";
import {
  CLIENT_ID,
  REQUEST_TIMEOUT_MS,
  type TestedClient,
} from "./tested_client.ts";

const clientFor = (broker: string) =>
  new KafkaClient({ brokers: broker, clientId: CLIENT_ID, logLevel: "none" });

/** kafka-crab-js: Rust around librdkafka, whose settings it takes by their names. */
export const kafkaCrabClient: TestedClient = {
  name: "kafka-crab-js",
  version: "5.0.0",
  async sender({ broker, safe = false }) {
    const producer = clientFor(broker).createProducer({
      configuration: {
        "request.timeout.ms": REQUEST_TIMEOUT_MS,
        "socket.timeout.ms": REQUEST_TIMEOUT_MS,
        // So that each send is a request, as in the other clients.
        ...{ "linger.ms": 0, "batch.num.messages": 1 },
        ...(safe
          ? { "enable.idempotence": true, partitioner: "murmur2_random" }
          : {}),
      },
    });
    return {
      async send({ topic, key, value }) {
        const payload = Buffer.from(value);
        const messages = [
          key === undefined ? { payload } : { payload, key: Buffer.from(key) },
        ];
        const [stored] = await producer.send({ topic, messages });
        if (stored?.error) throw new Error(stored.error.message);
      },
      close: () => producer.flush(),
    };
  },
  async reader(
    { broker, topic, groupId, sessionMs, safe = false, handle, onEnd },
  ) {
    const consumer = clientFor(broker).createConsumer({
      ...{ groupId, enableAutoCommit: !safe },
      configuration: {
        ...{ "auto.offset.reset": "earliest", "fetch.wait.max.ms": 500 },
        "session.timeout.ms": sessionMs,
        "heartbeat.interval.ms": Math.round(sessionMs / 6),
        ...(safe ? { "enable.auto.offset.store": false } : {}),
      },
    });
    await consumer.subscribe(topic);
    let isOpen = true;
    const read = async () => {
      while (isOpen) {
        const record = await consumer.recv();
        if (!record) return;
        const { partition, payload } = record;
        await handle({ partition, value: payload.toString() });
        if (safe) await consumer.commitMessage(record, "Sync");
      }
    };
    const reading = read().catch((error) => isOpen && onEnd?.(error));
    return {
      async close() {
        isOpen = false;
        await consumer.disconnect();
        await reading;
      },
    };
  },
};
