import type { Consumer, ISocketFactory, RetryOptions } from "kafkajs";
import { Handlers } from "./handlers.ts";
import { pause } from "./interrupt.ts";
import { Starts } from "./starts.ts";

/** How long a broker may take for what closing asks of it: fetches that end, leaving the group. */
const BROKER_MS = 3_000;
/** How long handlers may take to end, as long as Java's `close()` waits by default. */
const HANDLERS_MS = 30_000;
const LOOK_MS = 20;
/** How long the other side may take to close a connection. */
const CLOSED_MS = 500;

type Socket = ReturnType<ISocketFactory>;

const CLOSABLE = new WeakSet<Consumer>();

/**
 * Whether a consumer went through {@linkcode makeClosable}.
 *
 * @param consumer The consumer.
 * @returns Whether it did.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Kafka } from "kafkajs";
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * const plain = new Kafka({ brokers: ["localhost:9092"] });
 * const consumers = [plain, kafkaClient()].map((kafka) => kafka.consumer({ groupId: "billing" }));
 * assertEquals(consumers.map(isClosable), [false, true]);
 * ```
 */
export function isClosable(consumer: Consumer): boolean {
  return CLOSABLE.has(consumer);
}

/**
 * What of one consumer has to be known when it is made, so that it can be
 * closed: its sockets, which can all be broken, as that ends every request that
 * KafkaJS waits for; and whether KafkaJS may start it again after a crash.
 *
 * @example Usage
 * ```ts
 * import kafkaJsSocketFactory from "kafkajs/src/network/socketFactory.js";
 *
 * const sockets = new ConsumerSockets(kafkaJsSocketFactory());
 * sockets.breakAll(); // there are none
 * ```
 */
export class ConsumerSockets {
  /** What KafkaJS's `socketFactory` setting takes. */
  readonly factory: ISocketFactory;
  readonly #open = new Set<Socket>();
  #isRefusing = false;
  /** Whether it has been closed, so that KafkaJS may not start it again. */
  isClosed = false;

  /** @param make Makes sockets. */
  constructor(make: ISocketFactory) {
    this.factory = (args) => {
      if (this.#isRefusing) throw new Error("The consumer is closed");
      const socket = make(args);
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
      return socket;
    };
  }

  /**
   * KafkaJS starts a consumer again after a crash, also one that was closed
   * while it was starting: it would go on with that for good.
   *
   * @param retry What the consumer's `retry` setting is to be.
   * @returns The same, but for a consumer that is closed.
   */
  untilClosed(retry: RetryOptions): RetryOptions {
    const { restartOnFailure = () => Promise.resolve(true) } = retry;
    return {
      ...retry,
      restartOnFailure: async (error) =>
        !this.isClosed && await restartOnFailure(error),
    };
  }

  /** Breaks what is open, and refuses what is asked for later. */
  breakAll(): void {
    this.#isRefusing = true;
    this.reset();
  }

  /** Breaks what is open. KafkaJS then repeats its requests on new connections. */
  reset(): void {
    for (const socket of this.#open) {
      // One that still connects has a timeout of KafkaJS's.
      if (socket.connecting) continue;
      // KafkaJS gives its requests up at the other side's end, not at a close.
      socket.emit("end");
      socket.destroy();
    }
  }

  /**
   * Waits until the other side has closed, too, for half a second. KafkaJS does
   * not: when it connects again at once, the end of the old socket ends the new
   * one's requests. A socket that is still open then is destroyed.
   *
   * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
   */
  async closed(): Promise<void> {
    const deadline = performance.now() + CLOSED_MS;
    while (this.#open.size > 0 && performance.now() < deadline) {
      await pause(LOOK_MS / 4);
    }
    for (const socket of this.#open) {
      if (!socket.connecting) socket.destroy();
    }
  }

  /** Makes sockets again. */
  allow(): void {
    this.#isRefusing = false;
  }
}

/**
 * Makes a consumer that can always be closed. KafkaJS alone
 *
 * - waits forever when a handler awaits `stop()` or `disconnect()`: they wait
 *   for the handler (kafkajs#571, #767). Here they return at once inside a
 *   handler, and the closing goes on when the handler has returned;
 * - goes on to join and consume when it is stopped before it has joined, or
 *   while it starts again after a crash. Here the stop waits for the join;
 * - waits half a minute for a broker that is frozen or gone. Here that ends
 *   after 3 s, without a word to the group; the time that handlers take does not count;
 * - may lose its connections when it connects again right after `disconnect()`;
 * - asks again on a connection that carries nothing any more, until all its
 *   retries are used up: minutes. Here one request without an answer within
 *   `requestTimeout` ends the connection, as in Java (`request.timeout.ms`).
 *
 * The consumer is the same object as before, and nothing else is changed.
 *
 * @param consumer A consumer that does not run yet.
 * @param sockets What its connections are made with. The consumer's `retry` went through
 *   `untilClosed()`, too, or KafkaJS may start it again after it was closed.
 * @returns The consumer.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "./kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient(); // its consumers are closable
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: [{ value: "the only one" }] });
 * await producer.disconnect();
 *
 * const consumer = kafka.consumer({ groupId: freshName("billing") });
 * await consumer.connect();
 * await consumer.subscribe({ topic, fromBeginning: true });
 * const received = Promise.withResolvers<void>();
 * await consumer.run({
 *   async eachMessage() {
 *     await consumer.disconnect(); // never returns with KafkaJS alone
 *     received.resolve();
 *   },
 * });
 * await received.promise;
 * await consumer.disconnect(); // waits until it is closed
 * await deleteTopic(kafka, topic);
 * ```
 */
export function makeClosable(
  consumer: Consumer,
  sockets: ConsumerSockets,
): Consumer {
  const { connect, run, stop, disconnect } = consumer;
  CLOSABLE.add(consumer);
  const handlers = new Handlers();
  const starts = new Starts(consumer);
  consumer.on(consumer.events.REQUEST_TIMEOUT, () => {
    // Not now: KafkaJS is going through its requests.
    queueMicrotask(() => sockets.reset());
  });

  const closing = (close: () => Promise<void>) => {
    sockets.isClosed = true;
    const started = starts.underWay ?? Promise.resolve();
    const ended = withPatience(started.then(close), handlers, () => {
      sockets.breakAll();
      // If it joins after all, it must not go on.
      started.then(stop).catch(() => {});
    });
    if (!handlers.isInside()) return ended;
    ended.catch(() => {});
    return Promise.resolve();
  };

  consumer.connect = async () => {
    sockets.allow();
    await connect();
  };
  consumer.run = (config = {}) => {
    sockets.isClosed = false;
    return starts.first(() => run(handlers.wrap(config)));
  };
  consumer.stop = () => closing(stop);
  consumer.disconnect = () =>
    closing(async () => {
      await disconnect();
      await sockets.closed();
    });
  return consumer;
}

/** Waits for a closing as long as handlers work, and then as long as a broker may take. */
async function withPatience(
  work: Promise<void>,
  handlers: Handlers,
  giveUp: () => void,
): Promise<void> {
  let isDone = false;
  const done = work.finally(() => isDone = true);
  // The caller hears of its error below.
  done.catch(() => {});
  const start = performance.now();
  let silentSince = start;
  while (!isDone) {
    await Promise.race([done.catch(() => {}), pause(LOOK_MS)]);
    const now = performance.now();
    const isWorking = handlers.count > 0 && now - start < HANDLERS_MS;
    if (isWorking) silentSince = now;
    if (now - silentSince > BROKER_MS) return giveUp();
  }
  await done;
}
