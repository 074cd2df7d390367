import { Buffer } from "node:buffer";
import type {
  Consumer,
  ConsumerRunConfig,
  EachBatchPayload,
  KafkaMessage,
  OffsetsByTopicPartition,
} from "kafkajs";

type Position = { partition: number; offset: string };

/** What KafkaJS 2.2.4 joins again at when a handler throws it; at the last one without an event. */
const JOIN_AGAIN = [
  ...["REBALANCE_IN_PROGRESS", "NOT_COORDINATOR_FOR_GROUP"],
  ...["ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"],
];

/** An error as KafkaJS makes one of a broker's answer. */
export function refusal(type: string, { retriable = true } = {}): Error {
  return Object.assign(new Error(type), {
    ...{ name: "KafkaJSProtocolError", type, retriable },
  });
}

/** An error as KafkaJS makes one where no answer comes. */
export function broken(): Error {
  return Object.assign(new Error("Closed connection"), {
    ...{ name: "KafkaJSConnectionClosedError", retriable: true },
  });
}

/**
 * Stands in for one consumer of KafkaJS 2.2.4 and for what it talks to: a log,
 * and a coordinator that keeps commits. It does what the runner there does: it
 * goes on where records were resolved, begins at the committed offset after a
 * join, joins again at the errors at which KafkaJS does, and waits in `stop()`
 * for the handler.
 */
export class StandInConsumer {
  readonly topic = "orders";
  readonly events = {
    GROUP_JOIN: "join",
    REBALANCING: "rebalancing",
    STOP: "stop",
    CRASH: "crash",
  };
  /** The commits that were accepted, such as "0:2 1:1". */
  readonly commits: string[] = [];
  /** What the handler has thrown. */
  readonly thrown: string[] = [];
  joins = 0;
  /** How many starts have begun: the first one, and those after a crash. */
  starts = 0;
  stops = 0;
  heartbeats = 0;
  /** How many commits were asked for. */
  asked = 0;
  /** Called at the start of a join; it may throw. */
  onJoin = () => {};
  /** Called before a disconnect ends; it may throw. */
  onDisconnect = () => {};
  readonly #log = new Map<number, KafkaMessage[]>();
  readonly #committed = new Map<number, bigint>();
  #resolved = new Map<number, bigint>();
  readonly #listeners = new Map<string, Set<(event: unknown) => void>>();
  #refusal: { error: () => Error; times: number } | undefined;
  #answer: Promise<void> = Promise.resolve();
  #joining: Promise<void> = Promise.resolve();
  #config: ConsumerRunConfig = {};
  #isRunning = false;
  #looping: Promise<void> = Promise.resolve();
  #restart: ReturnType<typeof setTimeout> | undefined;

  /** As the type that lib takes. */
  get consumer(): Consumer {
    return this as unknown as Consumer;
  }

  /** How many listeners there are. */
  get listeners(): number {
    return [...this.#listeners.values()].reduce(
      (sum, { size }) => sum + size,
      0,
    );
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Adds records to the log, by default a letter each. */
  append(values: Iterable<string | Buffer>, partition = 0): void {
    const log = this.#log.get(partition) ?? [];
    this.#log.set(partition, log);
    for (const value of values) {
      log.push({
        key: null,
        value: Buffer.from(value as string),
        offset: String(log.length),
        timestamp: "1700000000000",
        attributes: 0,
        headers: {},
      });
    }
  }

  /** Refuses the next commits. */
  refuseCommits(error: Error | (() => Error), times = Infinity): void {
    this.#refusal = {
      times,
      error: typeof error === "function" ? error : () => error,
    };
  }

  acceptCommits(): void {
    this.#refusal = undefined;
  }

  /** Has commits wait for their answer. */
  delayCommits(answer: Promise<void>): void {
    this.#answer = answer;
  }

  /** Has joins wait. */
  delayJoins(joining: Promise<void>): void {
    this.#joining = joining;
  }

  /** Lets the group be divided anew while a handler works, as a fetch from another broker may. */
  rebalance(): void {
    this.#emit(this.events.REBALANCING);
    this.#join();
  }

  /** Crashes as KafkaJS does, which stops first and says so afterwards. */
  async crash(error: Error, { restart = false } = {}): Promise<void> {
    this.#isRunning = false;
    await this.#looping;
    this.#emit(this.events.STOP);
    this.#emit(this.events.CRASH, { error, restart, groupId: "billing" });
    if (!restart) return;
    this.#restart = setTimeout(() => this.#begin());
  }

  /** Hands a batch over as a fetch does that began before the last join. */
  async handOver(partition: number, from: number, to?: number): Promise<void> {
    const messages = this.#log.get(partition)!.slice(from, to);
    await this.#handle(partition, messages);
  }

  // What follows is KafkaJS's.

  on(name: string, listener: (event: unknown) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  async run(config: ConsumerRunConfig): Promise<void> {
    this.#config = config;
    await this.#begin();
  }

  /** Ends what runs, and a restart whose time has not come. A start under way goes on. */
  async stop(): Promise<void> {
    clearTimeout(this.#restart);
    this.#isRunning = false;
    await this.#looping;
    this.stops++;
    this.#emit(this.events.STOP);
  }

  async disconnect(): Promise<void> {
    await this.stop();
    this.onDisconnect();
  }

  paused(): [] {
    return [];
  }

  /** Does nothing once a stop has begun, as KafkaJS's. */
  async commitOffsets(
    offsets: { topic: string; partition: number; offset: string }[],
  ): Promise<void> {
    if (!this.#isRunning) return;
    await this.#commit(offsets);
  }

  #emit(name: string, payload: object = {}): void {
    this.#listeners.get(name)?.forEach((listener) => listener({ payload }));
  }

  async #begin(): Promise<void> {
    this.starts++;
    await this.#joining;
    try {
      this.#join();
    } catch (error) {
      return await this.crash(error as Error);
    }
    await Promise.resolve();
    this.#isRunning = true;
    this.#looping = this.#loop();
  }

  #join(): void {
    this.onJoin();
    this.joins++;
    this.#resolved = new Map();
    const memberAssignment = { [this.topic]: [...this.#log.keys()] };
    this.#emit(this.events.GROUP_JOIN, {
      groupId: "billing",
      memberAssignment,
    });
  }

  async #loop(): Promise<void> {
    while (this.#isRunning) {
      // A fetch takes its time.
      await new Promise((resolve) => setTimeout(resolve, 1));
      for (const partition of this.#log.keys()) {
        const messages = this.#log.get(partition)!
          .slice(Number(this.position(partition)));
        if (messages.length === 0 || !this.#isRunning) continue;
        try {
          await this.#handle(partition, messages);
        } catch (error) {
          this.#recover(error as Error & { type?: string });
        }
      }
    }
  }

  #recover(error: Error & { type?: string }): void {
    this.thrown.push(error.type ?? error.message);
    if (!JOIN_AGAIN.includes(error.type ?? "")) return;
    if (error.type !== JOIN_AGAIN.at(-1)) this.#emit(this.events.REBALANCING);
    this.#join();
  }

  /** Where a partition's next fetch begins. */
  position(partition: number): bigint {
    return this.#resolved.get(partition) ?? this.#committed.get(partition) ??
      0n;
  }

  async #handle(partition: number, messages: KafkaMessage[]): Promise<void> {
    const { eachBatch, eachMessage, autoCommit = true } = this.#config;
    const payload = this.#payload(partition, messages);
    if (eachBatch) return await eachBatch(payload);
    for (const message of messages) {
      if (!this.#isRunning) break;
      const { topic } = this;
      const { heartbeat, pause } = payload;
      await eachMessage!({ topic, partition, message, heartbeat, pause });
      payload.resolveOffset(message.offset);
    }
    if (autoCommit) {
      await payload.commitOffsetsIfNecessary(payload.uncommittedOffsets());
    }
  }

  #payload(partition: number, messages: KafkaMessage[]): EachBatchPayload {
    const { topic } = this;
    const batch = {
      ...{ topic, partition, messages },
      lastOffset: () => messages.at(-1)?.offset,
    };
    return {
      batch: batch as unknown as EachBatchPayload["batch"],
      resolveOffset: (offset) =>
        void this.#resolved.set(partition, BigInt(offset) + 1n),
      heartbeat: () => Promise.resolve(void this.heartbeats++),
      pause: () => () => {},
      isRunning: () => this.#isRunning,
      isStale: () => false,
      uncommittedOffsets: () => {
        const partitions = [...this.#resolved]
          .filter(([partition, offset]) =>
            this.#committed.get(partition) !== offset
          )
          .map(([partition, offset]) => ({ partition, offset: `${offset}` }));
        return { topics: partitions.length > 0 ? [{ topic, partitions }] : [] };
      },
      commitOffsetsIfNecessary: (offsets?: OffsetsByTopicPartition) =>
        this.#commit(offsets!.topics.flatMap(({ partitions }) => partitions)),
    };
  }

  async #commit(positions: Position[]): Promise<void> {
    this.asked++;
    await this.#answer;
    if (this.#refusal && this.#refusal.times-- > 0) throw this.#refusal.error();
    for (const { partition, offset } of positions) {
      this.#committed.set(partition, BigInt(offset));
    }
    this.commits.push(
      positions.map(({ partition, offset }) => `${partition}:${offset}`)
        .toSorted().join(" "),
    );
  }
}
