import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import {
  CLIENT_ID,
  REQUEST_TIMEOUT_MS,
  type SentRecord,
  type TestedClient,
} from "lib/experiment/clients/tested_client.ts";

/** What a callback of the package gets. */
type Callback<T = unknown> = (error: Error | null, value: T) => void;

/** What is used of the package. */
interface Package {
  HighLevelProducer: new (config: unknown, topicConfig: unknown) => Producer;
  KafkaConsumer: new (config: unknown, topicConfig: unknown) => Consumer;
}

interface Connected {
  connect(options: unknown, callback: Callback): void;
  disconnect(callback: Callback): void;
}

interface Producer extends Connected {
  produce(
    topic: string,
    partition: number | null,
    value: Uint8Array,
    key: string | null,
    timestamp: number,
    callback: Callback,
  ): void;
  initTransactions(timeoutMs: number, callback: Callback): void;
  beginTransaction(callback: Callback): void;
  commitTransaction(timeoutMs: number, callback: Callback): void;
}

interface Received {
  topic: string;
  partition: number;
  offset: number;
  value: Uint8Array;
}

interface Consumer extends Connected {
  subscribe(topics: string[]): void;
  setDefaultConsumeTimeout(ms: number): void;
  consume(count: number, callback: Callback<Received[]>): void;
  commitMessageSync(message: Received): void;
}

const TRANSACTION_MS = 10_000;

/** node-rdkafka: librdkafka, whose settings it takes by their names. */
export function rdkafkaClient(
  { HighLevelProducer, KafkaConsumer }: Package,
  version: string,
): TestedClient {
  const producerFor = async (
    broker: string,
    settings: object,
    topicSettings = {},
  ) => {
    const producer = new HighLevelProducer({
      ...{ "metadata.broker.list": broker, "client.id": CLIENT_ID },
      "request.timeout.ms": REQUEST_TIMEOUT_MS,
      "socket.timeout.ms": REQUEST_TIMEOUT_MS,
      // So that each send is a request, as in the other clients.
      ...{ "linger.ms": 0, "batch.num.messages": 1 },
      ...settings,
    }, topicSettings);
    await promisify(producer.connect.bind(producer))({});
    return producer;
  };
  const send = (producer: Producer, { topic, key, value }: SentRecord) =>
    promisify(producer.produce.bind(producer))(
      ...[topic, null, Buffer.from(value), key ?? null, Date.now()] as const,
    );
  const close = (client: Connected) =>
    promisify(client.disconnect.bind(client))();
  return {
    ...{ name: "node-rdkafka", version },
    async sender({ broker, safe = false }) {
      const producer = safe
        ? await producerFor(
          broker,
          { "enable.idempotence": true },
          { partitioner: "murmur2_random" },
        )
        : await producerFor(broker, {});
      return {
        send: (record) => send(producer, record),
        close: () => close(producer),
      };
    },
    async reader(
      { broker, topic, groupId, sessionMs, safe = false, handle, onEnd },
    ) {
      const consumer = new KafkaConsumer({
        ...{ "metadata.broker.list": broker, "client.id": CLIENT_ID },
        ...{ "group.id": groupId, "enable.auto.commit": !safe },
        ...{ "session.timeout.ms": sessionMs, "fetch.wait.max.ms": 500 },
        "heartbeat.interval.ms": Math.round(sessionMs / 6),
      }, { "auto.offset.reset": "earliest" });
      await promisify(consumer.connect.bind(consumer))({});
      consumer.setDefaultConsumeTimeout(500);
      consumer.subscribe([topic]);
      const consume = promisify(consumer.consume.bind(consumer));
      let isOpen = true;
      const read = async () => {
        while (isOpen) {
          for (const message of await consume(1)) {
            const { partition, value } = message;
            await handle({ partition, value: String(value) });
            if (safe) consumer.commitMessageSync(message);
          }
        }
      };
      const reading = read().catch((error) => isOpen && onEnd?.(error));
      return {
        async close() {
          isOpen = false;
          await reading;
          await close(consumer);
        },
      };
    },
    async transactions({ broker, transactionalId }) {
      const producer = await producerFor(broker, {
        "transactional.id": transactionalId,
      });
      await promisify(producer.initTransactions.bind(producer))(TRANSACTION_MS);
      return {
        async begin() {
          await promisify(producer.beginTransaction.bind(producer))();
          const commit = promisify(producer.commitTransaction.bind(producer));
          return {
            send: (record) => send(producer, record),
            commit: () => commit(TRANSACTION_MS),
          };
        },
        close: () => close(producer),
      };
    },
  };
}
