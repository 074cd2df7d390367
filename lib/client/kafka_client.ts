import {
  type Consumer,
  type ConsumerConfig,
  Kafka,
  type KafkaConfig,
  logLevel,
  Partitioners,
  type ProducerConfig,
  type RetryOptions,
} from "kafkajs";
import kafkaJsSocketFactory from "kafkajs/src/network/socketFactory.js";
import { connectionFromEnvironment } from "./connection.ts";
import { explainRefusals } from "./explain_refusals.ts";
import { followCoordinator } from "./follow_coordinator.ts";
import {
  type InnerCluster,
  shareVisitors,
  visitClusters,
  visitConnections,
} from "./inner_cluster.ts";
import { takeIpv6Addresses } from "./ipv6_addresses.ts";
import { shortLogLines } from "./log_line.ts";
import { ConsumerSockets, makeClosable } from "./make_closable.ts";
import { mendConnection } from "./mend_connection.ts";
import { mendFetches } from "./mend_fetches.ts";
import { passOverSilent } from "./pass_over_silent.ts";
import { registerCodecs } from "../log/codecs.ts";
import { rejoinOnRefusedCommit } from "./rejoin_on_refused_commit.ts";

/** KafkaJS's configuration; whatever is missing comes from the environment and from here. */
export type KafkaClientOptions = Partial<KafkaConfig>;

/**
 * What is mended in each cluster of the client, in this order: its producers,
 * consumers and admin clients have one each. For mends of a single connection
 * there is a list in mend_connection.ts.
 */
const CLUSTER_MENDS: readonly ((
  cluster: InnerCluster,
  config: KafkaConfig,
) => void)[] = [
  (cluster) => visitConnections(cluster, mendConnection),
  (cluster, { brokers }) => takeIpv6Addresses(cluster, brokers),
  passOverSilent,
  explainRefusals,
];

/** What is mended in each consumer of the client, in this order. */
const CONSUMER_MENDS: readonly ((
  consumer: Consumer,
  sockets: ConsumerSockets,
) => void)[] = [
  rejoinOnRefusedCommit,
  makeClosable,
];

/**
 * How often and how fast KafkaJS repeats a request that failed. Its own
 * settings double the pause up to 30 s, so that it sleeps long after a broker
 * is back; these try again at least every second, for half a minute.
 */
const RETRY: RetryOptions = {
  initialRetryTime: 100,
  multiplier: 1.5,
  maxRetryTime: 1_000,
  retries: 30,
};

/** How long the broker may hold a fetch that finds nothing. KafkaJS waits 5 s, and so does `disconnect()`. */
const MAX_WAIT_MS = 300;

/** How long a consumer waits for an answer before it gives the connection up. KafkaJS waits 30 s. */
const CONSUMER_REQUEST_MS = 10_000;

/**
 * Makes KafkaJS's client with its defects mended. It differs from
 * `new Kafka(…)` in this:
 *
 * - addresses, TLS and login come from `KAFKA_BROKERS`, `KAFKA_SSL`, `KAFKA_SSL_CA` and `KAFKA_SASL_*`;
 * - log lines are short, and only warnings and errors are shown;
 * - a request that failed is repeated at least every second for half a minute,
 *   by consumers, too, to which KafkaJS gives five retries whatever the client says;
 * - consumers wait 300 ms for records rather than 5 s (`fetch.max.wait.ms`,
 *   which is 500 ms in Java), and so stop sooner;
 * - producers name the default partitioner, which is Java's, so that KafkaJS
 *   need not warn that it has changed;
 * - an idle connection is idle: KafkaJS's polling loop (kafkajs#1704) is gone;
 * - no request is forgotten that was made while its connection was breaking;
 * - what no trying again helps against, such as an expired certificate or a
 *   missing login, ends at once, with an error that names it;
 * - an address at which a broker takes the connection and keeps silent, as a
 *   frozen one does, is passed over, where KafkaJS asks it again and again
 *   ({@linkcode passOverSilent});
 * - addresses may be IPv6 (kafkajs#1589): `[::1]:9092`;
 * - consumers can be closed inside their handler, before they have joined, and
 *   when their broker is frozen or gone;
 * - consumers connect again when a request gets no answer for 10 s: KafkaJS
 *   waits 30 s, and asks on the same connection until its retries are used up;
 * - consumers follow their group's coordinator when another broker takes its
 *   place, where KafkaJS's go on asking the old one ({@linkcode followCoordinator});
 * - consumers whose handler commits too late join again, where KafkaJS's crash;
 * - consumers of one group share nothing in this process: KafkaJS keeps one
 *   memory of committed offsets for all consumers of a client, and a member
 *   that gets no partition clears it, at which the others crash (kafkajs#558);
 * - consumers leave out what was aborted as Java's do, go past batches without
 *   records, and compare checksums ({@linkcode mendFetches});
 * - snappy, lz4 and zstd are there, for all of KafkaJS in this process: it has
 *   one table of codecs ({@linkcode registerCodecs}). A codec that you have
 *   registered yourself stays.
 *
 * All of it happens in this client's own objects: other clients of KafkaJS in
 * the process, made before or after, stay as published. `openFastPath()`, which
 * has to be asked for, and `registerCodecs()` do change something for the whole
 * process: KafkaJS keeps one encoder of produce requests and one table of
 * compression codecs for all its clients.
 *
 * What you pass, here or to `producer()` and `consumer()`, comes first;
 * `undefined` means the default.
 *
 * @param options KafkaJS's options. Without a `clientId`, KafkaJS calls itself `kafkajs`.
 * @returns A client. It connects when a producer, a consumer or an admin client does.
 * @throws {Error} If a variable of the environment has a value that cannot be meant.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 *
 * const admin = kafkaClient({ clientId: "shop" }).admin();
 * await admin.connect();
 * assert(Array.isArray(await admin.listTopics()));
 * await admin.disconnect();
 * ```
 */
export function kafkaClient(options: KafkaClientOptions = {}): Kafka {
  const given = withoutUndefined(options);
  registerCodecs();
  const { brokers, ssl, sasl } = connectionFromEnvironment();
  return new MendedKafka({
    brokers,
    ssl,
    ...(sasl ? { sasl } : {}),
    connectionTimeout: ssl ? 5_000 : 1_000,
    logLevel: logLevel.WARN,
    logCreator: shortLogLines(),
    ...given,
    retry: { ...RETRY, ...withoutUndefined(given.retry ?? {}) },
  });
}

/** KafkaJS's client with the mends above. */
class MendedKafka extends Kafka {
  readonly #config: KafkaConfig;
  readonly #retry: RetryOptions;

  constructor(config: KafkaConfig) {
    super(config);
    this.#config = config;
    this.#retry = config.retry ?? RETRY;
    for (const mend of CLUSTER_MENDS) {
      visitClusters(this, (cluster) => mend(cluster, config));
    }
  }

  override producer(config: ProducerConfig = {}) {
    const given = withoutUndefined(config);
    // A safe producer may not give up early: KafkaJS warns if its retries have an end.
    const safe = given.idempotent || given.transactionalId !== undefined;
    return super.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      ...(safe
        ? { retry: { ...this.#retry, retries: Number.MAX_SAFE_INTEGER } }
        : {}),
      ...given,
    });
  }

  override consumer(config: ConsumerConfig) {
    const sockets = new ConsumerSockets(
      this.#config.socketFactory ?? kafkaJsSocketFactory(),
    );
    // The memory of committed offsets belongs to the instance of Kafka.
    const kafka = new Kafka({
      requestTimeout: CONSUMER_REQUEST_MS,
      ...this.#config,
      socketFactory: sockets.factory,
    });
    shareVisitors(this, kafka);
    visitClusters(kafka, mendFetches);
    visitClusters(kafka, followCoordinator);
    const consumer = kafka.consumer({
      maxWaitTimeInMs: MAX_WAIT_MS,
      ...withoutUndefined(config),
      retry: sockets.untilClosed(config.retry ?? this.#retry),
    });
    for (const mend of CONSUMER_MENDS) mend(consumer, sockets);
    return consumer;
  }
}

/** `{ ...defaults, ...options }` would let an option that is there and undefined hide its default. */
function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as T;
}
