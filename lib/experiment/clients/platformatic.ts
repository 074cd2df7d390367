import {
  compatibilityPartitioner,
  Consumer,
  Producer,
  stringDeserializers,
  stringSerializers,
} from "@platformatic/kafka";
import {
  CLIENT_ID,
  REQUEST_TIMEOUT_MS,
  type TestedClient,
} from "./tested_client.ts";

const common = (broker: string) => ({
  ...{ clientId: CLIENT_ID, bootstrapBrokers: [broker] },
});

/** Without these, a transactional id can be used once (2.12.1). */
const NEW_PRODUCER = { producerId: -1n, producerEpoch: -1 };

/** Platformatic's client, as its README shows it. */
export const platformaticClient: TestedClient = {
  name: "@platformatic/kafka",
  version: "2.12.1",
  async sender({ broker, safe = false }) {
    const producer = new Producer<string, string, string, string>({
      ...{ ...common(broker), serializers: stringSerializers },
      requestTimeout: REQUEST_TIMEOUT_MS,
      ...(safe
        ? { idempotent: true, partitioner: compatibilityPartitioner }
        : {}),
    });
    return {
      send: (record) => producer.send({ messages: [record] }),
      close: () => producer.close(true),
    };
  },
  async reader({ broker, topic, groupId, sessionMs, safe = false, handle }) {
    const session = {
      ...{ sessionTimeout: sessionMs, rebalanceTimeout: sessionMs },
      heartbeatInterval: sessionMs / 6,
    };
    const consumer = new Consumer({
      ...{ ...common(broker), ...session, groupId },
      deserializers: stringDeserializers,
    });
    const stream = await consumer.consume({
      ...{ ...session, topics: [topic], autocommit: !safe, maxWaitTime: 500 },
      ...{ mode: "committed", fallbackMode: "earliest" },
    });
    const read = async () => {
      for await (const record of stream) {
        await handle(record);
        if (safe) await record.commit();
      }
    };
    // It ends with an error when it is closed while it fetches.
    const reading = read().catch(() => {});
    return {
      async close() {
        await consumer.close(true);
        await reading;
      },
    };
  },
  async transactions({ broker, transactionalId, safe = false }) {
    const producer = new Producer<string, string, string, string>({
      ...{ ...common(broker), serializers: stringSerializers },
      ...{ transactionalId, idempotent: true },
      ...(safe ? NEW_PRODUCER : {}),
    });
    return {
      async begin() {
        const transaction = await producer.beginTransaction();
        return {
          send: (record) => transaction.send({ messages: [record] }),
          commit: () => transaction.commit(),
        };
      },
      close: () => producer.close(true),
    };
  },
};
