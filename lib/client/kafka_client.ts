import {
  type ConsumerConfig,
  Kafka,
  type KafkaConfig,
  logLevel,
  Partitioners,
  type ProducerConfig,
  type RetryOptions,
} from "kafkajs";
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";
import kafkaJsSocketFactory from "kafkajs/src/network/socketFactory.js";
import { closableConsumer, ConsumerSockets } from "./closable_consumer.ts";
import { connectionFromEnvironment } from "./connection.ts";
import { rejectForgottenRequests } from "./forgotten_requests.ts";
import { shortLogLines } from "./log_line.ts";
import { rejoiningCommits } from "./rejoining_commits.ts";

/** KafkaJS's configuration; whatever is missing comes from the environment and from here. */
export type KafkaClientOptions = Partial<KafkaConfig>;

/**
 * How often and how fast KafkaJS repeats a request that failed. Its own
 * settings double the pause up to 30 s, so that it sleeps long after a broker
 * is back; these look again at least every second, for half a minute.
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
 * Makes a KafkaJS client with the settings that suit a notebook. It differs
 * from `new Kafka(…)` in this:
 *
 * - addresses, TLS and login come from `KAFKA_BROKERS`, `KAFKA_SSL` and `KAFKA_SASL_*`;
 * - log lines are short, and only warnings and errors are shown;
 * - a request that failed is repeated at least every second for half a minute,
 *   by consumers, too, to which KafkaJS gives five tries whatever the client says;
 * - consumers wait 300 ms for records rather than 5 s (`fetch.max.wait.ms`,
 *   which is 500 ms in Java), and so stop sooner;
 * - producers name the default partitioner, which is Java's, so that KafkaJS
 *   need not warn that it has changed;
 * - an idle connection is idle: KafkaJS's polling loop (kafkajs#1751) is gone;
 * - no request is forgotten that was made while its connection was breaking;
 * - consumers can be closed inside their handler, before they have joined, and
 *   when their broker is frozen or gone;
 * - consumers connect again when a request gets no answer for 10 s: KafkaJS
 *   waits 30 s, and asks on the same connection until its retries are used up;
 * - consumers whose handler commits too late join again, where KafkaJS's crash;
 * - consumers of one group share nothing in this process: KafkaJS keeps one
 *   memory of committed offsets for all consumers of a client, and a member
 *   that gets no partition clears it, at which the others crash (kafkajs#558).
 *
 * What you pass, here or to `producer()` and `consumer()`, comes first.
 *
 * @param options KafkaJS's options.
 * @returns A client. It connects when a producer, a consumer or an admin does.
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
  stopPollingLoop();
  rejectForgottenRequests();
  const { brokers, ssl, sasl } = connectionFromEnvironment();
  return new NotebookKafka({
    clientId: "kafka-notebooks",
    brokers,
    ssl,
    ...(sasl ? { sasl } : {}),
    connectionTimeout: ssl ? 5_000 : 1_000,
    logLevel: logLevel.WARN,
    logCreator: shortLogLines(),
    ...options,
    retry: { ...RETRY, ...options.retry },
  });
}

class NotebookKafka extends Kafka {
  readonly #config: KafkaConfig;
  readonly #retry: RetryOptions;

  constructor(config: KafkaConfig) {
    super(config);
    this.#config = config;
    this.#retry = config.retry ?? RETRY;
  }

  override producer(config: ProducerConfig = {}) {
    // A safe producer may not give up early: KafkaJS warns if its retries have an end.
    const safe = config.idempotent || config.transactionalId !== undefined;
    return super.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      ...(safe
        ? { retry: { ...this.#retry, retries: Number.MAX_SAFE_INTEGER } }
        : {}),
      ...config,
    });
  }

  override consumer(config: ConsumerConfig) {
    // The memory of committed offsets belongs to the instance of Kafka.
    const sockets = new ConsumerSockets(
      this.#config.socketFactory ?? kafkaJsSocketFactory(),
    );
    const kafka = new Kafka({
      requestTimeout: CONSUMER_REQUEST_MS,
      ...this.#config,
      socketFactory: sockets.factory,
    });
    const consumer = kafka.consumer({
      maxWaitTimeInMs: MAX_WAIT_MS,
      retry: this.#retry,
      ...config,
    });
    return closableConsumer(rejoiningCommits(consumer), sockets);
  }
}

let pollingLoopStopped = false;

/**
 * Every connection of KafkaJS 2.2.4 sets a timer for requests that wait, even
 * when none does, and then with a negative time: a loop that runs every
 * millisecond and a `TimeoutNegativeWarning`. Without a waiting request there
 * is nothing to set a timer for.
 */
function stopPollingLoop(): void {
  if (pollingLoopStopped) return;
  pollingLoopStopped = true;
  const queue = RequestQueue.prototype;
  const schedule = queue.scheduleCheckPendingRequests;
  queue.scheduleCheckPendingRequests = function (this: typeof queue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
