import { createKafkaClient, setLogger } from "kafka-ts";
import {
  CLIENT_ID,
  REQUEST_TIMEOUT_MS,
  type TestedClient,
} from "./tested_client.ts";

const silent = () => {};
// Its level "none" still prints errors (1.5.0).
setLogger({ debug: silent, info: silent, warn: silent, error: silent });

const clientFor = (broker: string, options = {}) => {
  const [host, port] = broker.split(":");
  return createKafkaClient({
    clientId: CLIENT_ID,
    bootstrapServers: [{ host: host!, port: Number(port) }],
    ...options,
  });
};

/** kafka-ts as its README shows it; it has no less safe setting, so `safe` changes nothing. */
export const kafkaTsClient: TestedClient = {
  name: "kafka-ts",
  version: "1.5.0",
  async sender({ broker }) {
    const producer = clientFor(broker, { requestTimeout: REQUEST_TIMEOUT_MS })
      .createProducer({});
    return {
      send: (record) => producer.send([record]),
      close: () => producer.close(),
    };
  },
  async reader({ broker, topic, groupId, sessionMs, handle }) {
    return await clientFor(broker).startConsumer({
      ...{ groupId, topics: [topic], fromBeginning: true, maxWaitMs: 500 },
      ...{ sessionTimeoutMs: sessionMs, rebalanceTimeoutMs: sessionMs },
      async onBatch(records) {
        for (const { partition, value } of records) {
          await handle({ partition, value: String(value) });
        }
      },
    });
  },
};
