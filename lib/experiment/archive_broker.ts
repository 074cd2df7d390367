import type { KafkaConfig } from "kafkajs";
import { createTopic } from "../admin/topic.ts";
import { certificateAuthority } from "../brokers/certificates.ts";
import { EngineUnavailableError } from "../brokers/engine_error.ts";
import { localEngine } from "../brokers/local/local_engine.ts";
import { freePorts } from "../brokers/ports.ts";
import { kafkaClient } from "../client/kafka_client.ts";
import { extraBroker } from "../faults/extra_broker.ts";

/** A broker that keeps one topic of 10 MB, and hands it out in two ways. */
export interface ArchiveBroker {
  /** The topic: one partition, 10,000 records of 1 kB. */
  readonly topic: string;
  /** How to read it without encryption. */
  readonly plaintext: KafkaConfig;
  /** How to read it over TLS. */
  readonly tls: KafkaConfig;
  /** Starts it, and fills the topic; named so that `notebook.use()` takes it. */
  connect(): Promise<void>;
  /**
   * Looks up its process, for `recordFlight()`.
   *
   * @returns The process id.
   * @throws {Error} If it does not run.
   */
  processId(): Promise<number>;
  /** Ends it and deletes its data. */
  disconnect(): Promise<void>;
}

/**
 * Describes a broker with a full topic and two listeners, one in plaintext and
 * one with TLS, so that the two ways out of one log can be compared. It is
 * beside the project's broker, and ends at the latest with this process. It is
 * run by the local engine, as in a container the JRE may lack the commands that
 * `recordFlight()` needs.
 *
 * @returns The broker, not yet started.
 * @throws {EngineUnavailableError} From `connect()`, if the local engine lacks something on this machine.
 * @throws {EngineError} From `connect()`, if it cannot be started.
 * @throws {DeadlineError} From `connect()`, if it does not answer in time.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { readTopic } from "../consumer/read_topic.ts";
 *
 * const archive = await archiveBroker();
 * await archive.connect();
 * const records = await readTopic(kafkaClient(archive.tls), archive.topic);
 * assertEquals(records.length, 10_000);
 * await archive.disconnect();
 * ```
 */
export async function archiveBroker(): Promise<ArchiveBroker> {
  const authority = await certificateAuthority("Archive");
  const [port] = freePorts(1);
  const broker = extraBroker({
    engine: "local",
    listeners: `SAFE://:${port}`,
    security: { SAFE: { tls: await authority.issue("broker") } },
  });
  const topic = "films";
  const plaintext = { brokers: [broker.address], ssl: false };
  return {
    topic,
    plaintext,
    tls: {
      brokers: [`localhost:${port}`],
      ssl: { ca: [authority.certificate] },
    },
    async connect() {
      const missing = localEngine().missing();
      if (missing) {
        throw new EngineUnavailableError(
          `Cannot start the archive, which is a process of this machine even beside containers: ${missing}`,
        );
      }
      await broker.connect();
      const kafka = kafkaClient(plaintext);
      await createTopic(kafka, topic, { partitions: 1 });
      const producer = kafka.producer();
      await producer.connect();
      const messages = Array(1_000).fill({ value: "x".repeat(1_000) });
      for (let n = 0; n < 10; n++) await producer.send({ topic, messages });
      await producer.disconnect();
    },
    async processId() {
      const processId = await broker.processId();
      if (processId !== undefined) return processId;
      throw new Error(
        "Cannot find the archive's process as it does not run: await its connect() first",
      );
    },
    disconnect: () => broker.disconnect(),
  };
}
