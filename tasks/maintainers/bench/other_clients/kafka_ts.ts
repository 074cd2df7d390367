import { Buffer } from "node:buffer";
import type { OtherClient } from "./other_client.ts";

/** The little of `kafka-ts` that is used here. */
interface KafkaTs {
  createKafkaClient(options: object): {
    createProducer(options: object): {
      send(records: object[], options: object): Promise<void>;
      close(): Promise<void>;
    };
    startConsumer(options: object): Promise<{ close(): Promise<void> }>;
  };
}

/** Brokers refuse a batch above 1 MB, and it does not look at sizes. */
const BATCH_BYTES = 500_000;

/** As its documents show, `onBatch` and many sends at a time, which it joins. */
export async function kafkaTs(): Promise<OtherClient> {
  // Not a literal: this project's own deno.json does not know the package.
  const name = "kafka-ts";
  const { createKafkaClient }: KafkaTs = await import(name);
  const clientFor = (address: string) => {
    const [host, port] = address.split(":");
    return createKafkaClient({
      clientId: "bench",
      bootstrapServers: [{ host, port: Number(port) }],
    });
  };
  return {
    sends: { records: 100, underWay: 200 },
    async producer({ address, topic }, value) {
      // It joins 500 records by default; as many as go into half a request were faster here.
      const producer = clientFor(address).createProducer({
        maxBatchSize: Math.floor(BATCH_BYTES / value.length),
      });
      const record = { topic, value: Buffer.from(value.buffer) };
      return {
        send: (records) =>
          producer.send(Array.from({ length: records }, () => record), {
            acks: -1,
          }),
        close: () => producer.close(),
      };
    },
    async consumer({ address, topic, groupId }, onRecords) {
      return await clientFor(address).startConsumer({
        ...{ groupId, topics: [topic], fromBeginning: true },
        onBatch: (records: unknown[]) => onRecords(records.length),
      });
    },
  };
}
