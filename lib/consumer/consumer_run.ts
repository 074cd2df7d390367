import { AsyncLocalStorage } from "node:async_hooks";
import type { Consumer, ConsumerRunConfig, EachBatchPayload } from "kafkajs";
import { Handlers } from "../client/handlers.ts";
import { isClosable } from "../client/make_closable.ts";
import { Starts } from "../client/starts.ts";
import { RunEnd } from "./run_end.ts";

/** What a run of this library does with its consumer. */
export interface RunDuties {
  /** What `consumer.run()` is given. */
  config: ConsumerRunConfig;
  /** `run()` of the consumer, where it is not to be the present one. */
  run?: Consumer["run"];
  /** Called when the group is being divided anew, before the consumer joins again. */
  onRebalancing?: () => void;
  /** Called with the new assignment, partitions by topic: positions begin at the committed offsets again. */
  onJoin?: (assignment?: Record<string, number[]>) => void;
  /** Called when the consumer has crashed, with whether KafkaJS is going to restart it. */
  onCrash?: (restart: boolean) => void;
  /** What to finish before the consumer stops. It begins at once, and KafkaJS's own stop waits for it. */
  onStop?: () => Promise<void>;
}

/** The runs of one consumer, one after another. */
class Runs {
  current: ConsumerRun | undefined;
  readonly handlers = new Handlers();
  readonly starts: Starts;
  readonly stop: Consumer["stop"];

  /** Wraps and listens once, however often the consumer runs. */
  constructor(consumer: Consumer) {
    const stop = consumer.stop.bind(consumer);
    const disconnect = consumer.disconnect.bind(consumer);
    this.stop = stop;
    this.starts = new Starts(consumer);
    const { GROUP_JOIN, REBALANCING, CRASH } = consumer.events;
    consumer.stop = () => this.current?.close(stop) ?? stop();
    consumer.disconnect = () => this.current?.close(disconnect) ?? disconnect();
    consumer.on(REBALANCING, () => this.current?.rebalance());
    consumer.on(GROUP_JOIN, ({ payload }) => this.current?.join(payload));
    consumer.on(CRASH, ({ payload }) => this.current?.crash(payload));
  }
}

const RUNS = new WeakMap<Consumer, Runs>();

/**
 * One run of a consumer by one of this library's tools, from `start()` until a
 * stop, a crash without restart, or `fail()`. For all of them it sees to it that
 *
 * - a second run beside it is refused, and one after it works;
 * - `stop()` and `disconnect()` return at once inside a handler, and go on when
 *   the handler has returned; KafkaJS alone would wait for itself;
 * - there is one end, {@linkcode RunEnd}.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const consumer = kafka.consumer({ groupId: freshName("billing") });
 * await consumer.connect();
 * await consumer.subscribe({ topic });
 *
 * const run = new ConsumerRun(consumer, "printing");
 * await run.start({ config: { eachMessage: async ({ message }) => console.log(message.offset) } });
 * await consumer.disconnect();
 * await run.end.done;
 * await deleteTopic(kafka, topic);
 * ```
 */
export class ConsumerRun {
  /** How it ends. */
  readonly end: RunEnd;
  /** Aborted as soon as a stop has begun, or the run has failed. */
  readonly ending: AbortSignal;
  readonly #consumer: Consumer;
  readonly #runs: Runs;
  readonly #name: string;
  readonly #ending = new AbortController();
  /** Closing waits for handlers, so it must not count as called by one. */
  readonly #outside = AsyncLocalStorage.snapshot();
  #duties: RunDuties | undefined;
  #finishing: Promise<void> | undefined;
  #closings = 0;
  #failure: { reason: unknown } | undefined;
  #groupId: string | undefined;

  /**
   * Claims the consumer; nothing runs yet.
   *
   * @param consumer A connected consumer that has subscribed.
   * @param name What the run is called in errors: "runInBatches()".
   * @throws {Error} If the consumer is being run already.
   */
  constructor(consumer: Consumer, name: string) {
    const runs = RUNS.get(consumer) ?? new Runs(consumer);
    RUNS.set(consumer, runs);
    if (runs.current) {
      throw new Error(
        `Cannot start ${name} as ${runs.current.#name} runs this consumer: stop it first, or use another consumer`,
      );
    }
    runs.current = this;
    this.#consumer = consumer;
    this.#runs = runs;
    this.#name = name;
    this.ending = this.#ending.signal;
    this.end = new RunEnd(() =>
      this.#groupId === undefined ? name : `${name} of group '${this.#groupId}'`
    );
  }

  /**
   * Joins the group and begins to work.
   *
   * @param duties What to do.
   * @throws What `consumer.run()` throws, or the reason if the consumer has crashed for good while it joined.
   */
  async start(duties: RunDuties): Promise<void> {
    this.#duties = duties;
    const { run = this.#consumer.run } = duties;
    const config = this.#runs.handlers.wrap(this.#seeingTheEnd(duties.config));
    try {
      await this.#runs.starts.first(() => run.call(this.#consumer, config));
    } catch (error) {
      duties.onCrash?.(false);
      this.#over();
      throw error;
    }
    if (this.end.isOver) await this.end.done;
  }

  /**
   * Runs something that calls what the user gave as a handler runs: closing
   * returns at once inside it.
   *
   * @param work What to run.
   */
  async inside(work: () => Promise<void>): Promise<void> {
    await this.#runs.handlers.run(work);
  }

  /**
   * Ends the run by an error: stops the consumer, then rejects.
   *
   * @param reason The error.
   */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#ending.abort();
    this.#outside(() => this.#runs.stop()).catch(() => {})
      .then(() => this.#over());
  }

  /**
   * What `stop()` and `disconnect()` of the consumer have become.
   *
   * @param close KafkaJS's own `stop()` or `disconnect()`, called when `onStop` is done.
   * @returns A promise that resolves when that has ended; inside a handler, at once.
   * @throws What `onStop` or `close` throws. Inside a handler, {@linkcode end} alone has the error.
   */
  close(close: () => Promise<void>): Promise<void> {
    const closing = this.#outside(() => this.#close(close));
    if (!this.#runs.handlers.isInside()) return closing;
    // The end has its error.
    closing.catch(() => {});
    return Promise.resolve();
  }

  /** The group is being divided anew. */
  rebalance(): void {
    this.#duties?.onRebalancing?.();
  }

  /**
   * The consumer has an assignment.
   *
   * @param payload What KafkaJS's `GROUP_JOIN` event brings: `groupId`, and `memberAssignment`, the consumer's partitions by topic.
   */
  join(
    { groupId, memberAssignment }: {
      groupId?: string;
      memberAssignment?: Record<string, number[]>;
    },
  ): void {
    this.#groupId = groupId;
    this.#duties?.onJoin?.(memberAssignment);
  }

  /**
   * The consumer has crashed, and KafkaJS has disconnected it.
   *
   * @param payload What KafkaJS's `CRASH` event brings: `restart`, whether KafkaJS is going to start it again, and `error`, the reason.
   */
  crash({ restart, error }: { restart: boolean; error: Error }): void {
    this.#duties?.onCrash?.(restart);
    if (restart) return;
    this.#failure ??= { reason: error };
    this.#ending.abort();
    this.#over();
  }

  /** KafkaJS is only stopped when `onStop` is done; a batch handler is to see it at once. */
  #seeingTheEnd({ eachBatch, ...config }: ConsumerRunConfig) {
    if (!eachBatch) return config;
    const isRunning = (payload: EachBatchPayload) =>
      !this.ending.aborted && payload.isRunning();
    return {
      ...config,
      eachBatch: (payload: EachBatchPayload) =>
        eachBatch({ ...payload, isRunning: () => isRunning(payload) }),
    };
  }

  async #close(close: () => Promise<void>): Promise<void> {
    this.#ending.abort();
    this.#closings++;
    try {
      this.#finishing ??= this.#duties?.onStop?.();
      if (this.#finishing) await this.#finishing;
      const { starts: { underWay } } = this.#runs;
      if (underWay && !isClosable(this.#consumer)) await underWay;
      await close();
      // A disconnect on the heels of a stop belongs to the same end.
      if (--this.#closings === 0) this.#over();
    } catch (error) {
      this.#failure ??= { reason: error };
      this.#over();
      throw error;
    }
  }

  #over(): void {
    if (this.#runs.current === this) this.#runs.current = undefined;
    if (this.#failure) this.end.reject(this.#failure.reason);
    else this.end.resolve();
  }
}
