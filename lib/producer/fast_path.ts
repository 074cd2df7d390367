import { Kafka, type Message } from "kafkajs";
import packageOfKafkaJs from "kafkajs/package.json" with { type: "json" };
import produce from "kafkajs/src/protocol/requests/produce/index.js";
import { brokerPoolOf } from "../client/broker_connections.ts";
import type { BatchRecord } from "./batch_sender.ts";
import {
  encodeProduceRequest,
  type ProduceRequest,
} from "./produce_request.ts";

/** KafkaJS as this library knows it inside. */
const KNOWN_VERSION = "2.2.4";

/** From here on a produce request carries record batches of version 2. */
const FIRST_VERSION = 3;

/** A fast path that was asked for. */
export interface FastPath {
  /** How many produce requests have been encoded on it, by all producers of this process. */
  readonly requests: number;
  /** Gives KafkaJS its own encoder back, when it is the last to be closed. */
  close(): void;
}

/** KafkaJS's own functions, which make a produce request of some version. */
type Protocol = typeof produce.protocol;

const own: Protocol = produce.protocol;
let users = 0;
let requests = 0;

/**
 * Lets all KafkaJS producers of this process encode their records with this
 * library's record batches, several times as fast: KafkaJS's own encoder makes
 * a buffer of 512 bytes for each record and one for each number in it. What is
 * written is equal record for record, but for timestamps of records that have
 * none and for the checksum of compressed bytes. Null headers can be sent, too.
 *
 * It reaches into KafkaJS, so it has to be asked for, can be undone, and works
 * with KafkaJS 2.2.4 alone. A codec registered with KafkaJS is not used on it.
 *
 * @returns A handle to undo it.
 * @throws {Error} If KafkaJS is another version, or its producers do not take the new encoder.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const fastPath = openFastPath();
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: [{ value: "placed" }] });
 * assertEquals(fastPath.requests > 0, true);
 *
 * fastPath.close();
 * await producer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export function openFastPath(): FastPath {
  checkVersion(packageOfKafkaJs.version);
  if (users++ === 0) {
    produce.protocol = fastProtocol;
    try {
      checkThatItIsLive();
    } catch (error) {
      users--;
      produce.protocol = own;
      throw error;
    }
  }
  let isOpen = true;
  return {
    get requests() {
      return requests;
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      if (--users === 0) produce.protocol = own;
    },
  };
}

/**
 * Whether a fast path is open.
 *
 * @returns True from `openFastPath()` until the last `close()`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const fastPath = openFastPath();
 * assertEquals(isFastPathOpen(), true);
 * fastPath.close();
 * assertEquals(isFastPathOpen(), false);
 * ```
 */
export function isFastPathOpen(): boolean {
  return users > 0;
}

/**
 * Refuses a version of KafkaJS whose internals are not known here.
 *
 * @param version KafkaJS's version.
 * @throws {Error} If it is not the one that the fast path was made for.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * checkVersion("2.2.4");
 * assertThrows(() => checkVersion("2.3.0"), Error, "made for KafkaJS 2.2.4 and this is 2.3.0");
 * ```
 */
export function checkVersion(version: string): void {
  if (version === KNOWN_VERSION) return;
  throw new Error(
    `Cannot open the fast path as it is made for KafkaJS ${KNOWN_VERSION} and this is ${version}: send without it, or pin npm:kafkajs@${KNOWN_VERSION}`,
  );
}

/**
 * Passes the records of one partition to KafkaJS without making messages of
 * them, and so that KafkaJS does not look at each again to find its partition:
 * for every message it copies the list of those before (kafkajs#1576).
 *
 * @param records Records that all name this partition.
 * @param partition The partition.
 * @returns What KafkaJS takes for a list of messages while the fast path is open.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const records = ["a", "b"].map((value) => (
 *   { key: null, value, headers: undefined, partition: 2, timestamp: 7 }
 * ));
 * const messages = fastMessages(records, 2);
 * assertEquals(messages.length, 2);
 * assertEquals(messages.reduce((groups) => groups, {}), { 2: messages });
 * ```
 */
export function fastMessages(
  records: readonly BatchRecord[],
  partition: number,
): Message[] {
  const messages = [...records] as unknown[] as Message[];
  return Object.defineProperty(messages, "reduce", {
    configurable: true,
    value: () => ({ [partition]: messages }),
  });
}

function fastProtocol(options: { version: string | number }) {
  const ownProtocol = own(options);
  if (Number(options.version) < FIRST_VERSION) return ownProtocol;
  return (request: ProduceRequest) => {
    const made = ownProtocol(request);
    return {
      ...made,
      request: { ...made.request, encode: () => encode(request) },
    };
  };
}

/** What KafkaJS takes for an encoder of its own: of that it uses these. */
// deno-lint-ignore require-await
async function encode(request: ProduceRequest) {
  requests++;
  const buffer = encodeProduceRequest(request);
  return { buf: buffer, buffer, size: () => buffer.length };
}

/**
 * Checks which definition of the produce request a client of KafkaJS takes: if
 * there are two copies of KafkaJS, the wrong one may have been changed.
 */
function checkThatItIsLive(): void {
  const pool = brokerPoolOf(new Kafka({ brokers: ["localhost:9092"] }));
  const connectionPool = { send: () => Promise.resolve() };
  const broker = pool.createBroker({
    connectionPool,
    logger: pool.rootLogger,
  }) as unknown as InnerBroker;
  let taken: unknown;
  broker.lookupRequest = (_apiKey, definition) => {
    taken = definition.protocol;
    return () => ({});
  };
  void broker.produce({ topicData: [] }); // goes nowhere
  if (taken !== fastProtocol) {
    throw new Error(
      "Cannot open the fast path as KafkaJS does not take its encoder: there may be a second copy of KafkaJS; make sure that the whole program imports npm:kafkajs@2.2.4",
    );
  }
}

/** A broker's connection, with what only this check needs. */
interface InnerBroker {
  lookupRequest: (
    apiKey: number,
    definition: { protocol: unknown },
  ) => () => object;
  produce(request: { topicData: [] }): Promise<unknown>;
}
