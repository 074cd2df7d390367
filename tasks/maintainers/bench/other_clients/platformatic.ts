import { Buffer } from "node:buffer";
import type { OtherClient } from "./other_client.ts";

/** The little of `@platformatic/kafka` that is used here. */
interface Platformatic {
  Producer: new (options: object) => {
    on(event: "error", listener: (error: Error) => void): void;
    send(options: { messages: object[] }): Promise<unknown>;
    close(force: boolean): Promise<void>;
  };
  Consumer: new (options: object) => {
    on(event: "error", listener: (error: Error) => void): void;
    consume(options: object): Promise<{
      on(event: "data", listener: () => void): void;
      on(event: "error", listener: (error: Error) => void): void;
    }>;
    close(force: boolean): Promise<void>;
  };
}

/** As its documents show, `stream.on("data")` and arrays of records in a send. */
export async function platformatic(): Promise<OtherClient> {
  // Not a literal: this project's own deno.json does not know the package.
  const name = "@platformatic/kafka";
  const { Producer, Consumer }: Platformatic = await import(name);
  return {
    // Its own benchmark sends 100 records and waits; larger sends were faster here.
    sends: { records: 1_000, underWay: 5 },
    async producer({ address, topic }, value) {
      const producer = new Producer({
        ...{ clientId: "bench", bootstrapBrokers: [address], acks: -1 },
      });
      const record = { topic, value: Buffer.from(value.buffer) };
      return {
        async send(records) {
          const messages = Array.from({ length: records }, () => record);
          await producer.send({ messages });
        },
        close: () => producer.close(true),
      };
    },
    async consumer({ address, topic, groupId }, onRecords) {
      const consumer = new Consumer({
        ...{ clientId: "bench", bootstrapBrokers: [address], groupId },
      });
      const stream = await consumer.consume({
        ...{ topics: [topic], mode: "earliest", autocommit: 1_000 },
      });
      stream.on("data", () => onRecords(1));
      stream.on("error", fail);
      return { close: () => consumer.close(true) };
    },
  };
}

function fail(error: Error): void {
  throw error;
}
