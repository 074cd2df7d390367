import {
  type ProducerLikeKafkaJs,
  senderOf,
  transactionsOf,
} from "lib/experiment/clients/kafkajs_interface.ts";
import {
  CLIENT_ID,
  REQUEST_TIMEOUT_MS,
  type TestedClient,
} from "lib/experiment/clients/tested_client.ts";

/** What is used of the package, which has the interface of KafkaJS. */
interface Package {
  KafkaJS: {
    Kafka: new (config: unknown) => {
      producer(
        config: unknown,
      ): ProducerLikeKafkaJs & { connect(): Promise<void> };
      consumer(config: unknown): Consumer;
    };
  };
}

interface Received {
  topic: string;
  partition: number;
  message: { offset: string; value: Uint8Array };
}

interface Consumer {
  connect(): Promise<void>;
  subscribe(options: { topic: string }): Promise<void>;
  run(
    options: { eachMessage: (received: Received) => Promise<void> },
  ): Promise<void>;
  commitOffsets(
    offsets: { topic: string; partition: number; offset: string }[],
  ): Promise<void>;
  disconnect(): Promise<void>;
}

/** @confluentinc/kafka-javascript: librdkafka behind the interface of KafkaJS. */
export function confluentClient(
  { KafkaJS }: Package,
  version: string,
): TestedClient {
  const clientFor = (broker: string) =>
    new KafkaJS.Kafka({ kafkaJS: { brokers: [broker], clientId: CLIENT_ID } });
  const producerFor = async (broker: string, kafkaJS: object) => {
    const producer = clientFor(broker).producer({
      kafkaJS: { ...kafkaJS, logger: silentLogger() },
      "request.timeout.ms": REQUEST_TIMEOUT_MS,
      "socket.timeout.ms": REQUEST_TIMEOUT_MS,
      // So that each send is a request, as in the other clients.
      ...{ "linger.ms": 0, "batch.num.messages": 1 },
    });
    await producer.connect();
    return producer;
  };
  return {
    ...{ name: "@confluentinc/kafka-javascript", version },
    async sender({ broker, safe = false }) {
      const producer = await producerFor(broker, { idempotent: safe });
      return senderOf(producer);
    },
    async reader(
      { broker, topic, groupId, sessionMs, safe = false, handle, onEnd },
    ) {
      // It goes on trying, and tells of a refusal only in its log.
      const logger = silentLogger((text) => {
        if (/inconsistent group protocol/i.test(text)) onEnd?.(text);
      });
      const consumer = clientFor(broker).consumer({
        kafkaJS: {
          ...{ groupId, fromBeginning: true, autoCommit: !safe },
          ...{ sessionTimeout: sessionMs, logger },
          heartbeatInterval: Math.round(sessionMs / 6),
        },
        "fetch.wait.max.ms": 500,
      });
      await consumer.connect();
      await consumer.subscribe({ topic });
      await consumer.run({
        async eachMessage({ topic, partition, message }) {
          await handle({ partition, value: String(message.value) });
          if (!safe) return;
          const offset = String(BigInt(message.offset) + 1n);
          await consumer.commitOffsets([{ topic, partition, offset }]);
        },
      });
      return { close: () => consumer.disconnect() };
    },
    async transactions({ broker, transactionalId }) {
      const producer = await producerFor(broker, { transactionalId });
      return transactionsOf(producer);
    },
  };
}

function silentLogger(onError: (text: string) => void = () => {}) {
  const silence = () => {};
  const logger = {
    ...{ debug: silence, info: silence, warn: silence, setLogLevel: silence },
    error: (text: unknown) => onError(String(text)),
    namespace: () => logger,
  };
  return logger;
}
