import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { senderOf, transactionsOf } from "./kafkajs_interface.ts";
import {
  CLIENT_ID,
  REQUEST_TIMEOUT_MS,
  type TestedClient,
} from "./tested_client.ts";

const clientFor = (broker: string, config: Partial<KafkaConfig> = {}) =>
  new Kafka({
    ...{ clientId: CLIENT_ID, brokers: [broker], logLevel: logLevel.NOTHING },
    ...config,
  });
const IMPATIENT = { requestTimeout: REQUEST_TIMEOUT_MS };

/** KafkaJS as published. */
export const kafkaJsClient: TestedClient = {
  name: "kafkajs",
  version: "2.2.4",
  async sender({ broker, safe = false }) {
    const producer = clientFor(broker, IMPATIENT).producer({
      idempotent: safe,
    });
    await producer.connect();
    return senderOf(producer);
  },
  async reader({ broker, topic, groupId, sessionMs, safe = false, handle }) {
    const consumer = clientFor(broker).consumer({
      ...{ groupId, sessionTimeout: sessionMs, maxWaitTimeInMs: 500 },
      heartbeatInterval: sessionMs / 6,
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: !safe,
      async eachMessage({ partition, message }) {
        await handle({ partition, value: String(message.value) });
        const offset = String(BigInt(message.offset) + 1n);
        if (safe) await consumer.commitOffsets([{ topic, partition, offset }]);
      },
    });
    return { close: () => consumer.disconnect() };
  },
  async transactions({ broker, transactionalId }) {
    const producer = clientFor(broker).producer({
      ...{ transactionalId, idempotent: true, maxInFlightRequests: 1 },
    });
    await producer.connect();
    return transactionsOf(producer);
  },
};
