import type { Kafka } from "kafkajs";
import {
  type BrokerAddress,
  type BrokerConnection,
  type BrokerConnections,
  withBrokers,
} from "../client/broker_connections.ts";
import { within } from "../client/deadline.ts";
import { pause } from "../client/interrupt.ts";
import { fetchMetadata, type Metadata } from "./metadata.ts";
import {
  fetchHighWatermark,
  fetchLogEnd,
  type PartitionName,
} from "./replica_offsets.ts";
import { until, type UntilOptions } from "../client/until.ts";

/** How a partition's replicas stood for some time, in milliseconds since the watch began. */
export interface ReplicaState {
  /** When this was seen first. */
  fromMs: number;
  /** When something else was seen, or the last look at it. */
  toMs: number;
  /** The broker that leads, or null. */
  leader: number | null;
  /** The in-sync replicas, by the ids of their brokers, in ascending order. */
  isr: number[];
  /** Up to where consumers may read, or null while no leader answers. */
  highWatermark: bigint | null;
  /** The log end offset of each replica, or null while its broker does not answer. */
  logEnds: Record<number, bigint | null>;
}

/** What a watch has seen. */
export interface ReplicaWatchData {
  /** The brokers that keep a replica; the first is preferred as leader. */
  replicas: number[];
  /** One after another, without those that equal the one before. */
  states: ReplicaState[];
  /** What {@linkcode ReplicaWatch.mark} noted. */
  marks: { atMs: number; label: string }[];
  /** How long the watch is, in milliseconds. */
  lengthMs: number;
}

/** How {@linkcode watchReplicas} looks. */
export interface ReplicaWatchOptions {
  /** Which partition, 0 by default. */
  partition?: number;
  /** The time between two looks, in milliseconds. 50 by default. */
  everyMs?: number;
  /** After how long the watch ends by itself, in milliseconds. 2 minutes by default. */
  limitMs?: number;
}

/** A replica that has not answered after this time gets no more questions until it does. */
const SILENCE_MS = 300;
/** How long to wait for a connection before the first look. */
const CONNECT_MS = 2_000;
/** Between two tries to connect to a broker that is down. */
const RETRY_MS = 200;

/**
 * Watches the replicas of a partition: who leads, who is in sync, where each
 * log ends, and how far consumers may read. It asks every broker for itself,
 * so that one that is frozen or dead shows as one that does not answer, and
 * does not hold up the others.
 *
 * Each look asks the leader first, then for the in-sync replicas, then the
 * followers. So a state shows no high watermark that is ahead of the in-sync
 * replicas' logs, as long as none of these is cut; while records arrive, it may
 * show a follower that is some records ahead of the leader.
 *
 * @param kafka The cluster.
 * @param topic The topic's name.
 * @param options Which partition, how often to look, and for how long.
 * @returns The watch, which has looked once already. `stop()` ends it.
 * @throws {Error} If there is no such topic or partition.
 * @throws {DeadlineError} If the first look has not ended within 15 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const watch = await watchReplicas(kafka, topic);
 * const { logEnds } = await watch.until(({ highWatermark }) => highWatermark === 0n);
 * await watch.stop();
 * assertEquals(logEnds, { 1: 0n });
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function watchReplicas(
  kafka: Kafka,
  topic: string,
  { partition = 0, everyMs = 50, limitMs = 120_000 }: ReplicaWatchOptions = {},
): Promise<ReplicaWatch> {
  const what = `the replicas of ${topic}-${partition}`;
  const ready = Promise.withResolvers<ReplicaWatch>();
  const ended = withBrokers(kafka, async (brokers) => {
    const of = { topic, partition };
    const looks = await ReplicaProbe.begin(brokers, of);
    const watch = new ReplicaWatch(looks.replicas, () => ended);
    try {
      while (!watch.ended && watch.data().lengthMs < limitMs) {
        watch.record(await looks.look());
        ready.resolve(watch);
        await pause(everyMs, brokers.signal);
      }
    } finally {
      watch.end();
    }
  }, { deadlineMs: limitMs + 15_000, what });
  ended.catch((error) => ready.reject(error));
  return await within(ready.promise, { deadlineMs: 15_000, what });
}

/** What one look shows. */
export type ReplicaLook = Omit<ReplicaState, "fromMs" | "toMs">;

/** What was seen of a partition's replicas so far. See {@linkcode watchReplicas}. */
export class ReplicaWatch {
  readonly #replicas: number[];
  readonly #closed: () => Promise<void>;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #states: ReplicaState[] = [];
  readonly #marks: { atMs: number; label: string }[] = [];
  #endedAtMs: number | undefined;

  /**
   * Begins, now.
   *
   * @param replicas The brokers that keep a replica.
   * @param closed Resolves when the connections are closed. At once by default.
   * @param now The clock, in milliseconds. `performance.now()` by default.
   */
  constructor(
    replicas: number[],
    closed: () => Promise<void> = () => Promise.resolve(),
    now: () => number = () => performance.now(),
  ) {
    this.#replicas = replicas;
    this.#closed = closed;
    this.#now = now;
    this.#startedAt = now();
  }

  /**
   * Adds what a look has just shown.
   *
   * @param seen What it has shown.
   */
  record(seen: ReplicaLook): void {
    const atMs = this.#now() - this.#startedAt;
    const last = this.#states.at(-1);
    if (last !== undefined) last.toMs = atMs;
    if (last !== undefined && isSame(last, seen)) return;
    this.#states.push({ fromMs: atMs, toMs: atMs, ...seen });
  }

  /**
   * Notes that something happened just now.
   *
   * @param label What: "3 frozen".
   */
  mark(label: string): void {
    this.#marks.push({ atMs: this.#now() - this.#startedAt, label });
  }

  /**
   * All that was seen so far.
   *
   * @returns A copy, which later looks do not change.
   */
  data(): ReplicaWatchData {
    return {
      replicas: [...this.#replicas],
      states: this.#states.map((state) => ({ ...state })),
      marks: [...this.#marks],
      lengthMs: this.#endedAtMs ?? this.#now() - this.#startedAt,
    };
  }

  /** How things stood at the last look. */
  get present(): ReplicaState {
    return { ...this.#states.at(-1)! };
  }

  /**
   * Waits until a look shows what is wanted.
   *
   * @param wanted Whether a state is what is wanted.
   * @param options How to name it in the error, and when to give up. The rest has no effect here.
   * @returns The first such state.
   * @throws {DeadlineError} If none does in time, 30 s by default. It says how the replicas stood at last.
   * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
   */
  async until(
    wanted: (state: ReplicaState) => boolean,
    { what = "the replicas to be as wanted", deadlineMs = 30_000 }:
      UntilOptions = {},
  ): Promise<ReplicaState> {
    return await until(() => wanted(this.present) && this.present, {
      deadlineMs,
      what: () =>
        `${typeof what === "string" ? what : what()}; at last it was ${
          stateText(this.present)
        }`,
      intervalMs: 10,
    });
  }

  /** Whether nobody looks any more. */
  get ended(): boolean {
    return this.#endedAtMs !== undefined;
  }

  /** Notes that nobody looks any more. */
  end(): void {
    this.#endedAtMs ??= this.#now() - this.#startedAt;
  }

  /** Looks no more, and closes the connections. */
  async stop(): Promise<void> {
    this.end();
    // After a Stop it has ended already, and its error was thrown.
    await this.#closed().catch(() => {});
  }
}

function stateText({ leader, isr, highWatermark, logEnds }: ReplicaState) {
  const ends = Object.entries(logEnds).map(([id, end]) =>
    `${id} to ${end ?? "nobody knows where"}`
  );
  return `leader ${leader}, in sync ${isr}, high watermark ${highWatermark}, logs of ${
    ends.join(", ")
  }`;
}

function isSame(a: ReplicaLook, b: ReplicaLook): boolean {
  return a.leader === b.leader && a.highWatermark === b.highWatermark &&
    a.isr.join() === b.isr.join() &&
    Object.keys(a.logEnds).every((id) =>
      a.logEnds[Number(id)] === b.logEnds[Number(id)]
    );
}

/** Looks at a partition's replicas, each over a connection of its own. */
class ReplicaProbe {
  readonly #of: PartitionName;
  readonly #askable: Map<number, ReplicaConnection>;
  #leader: number | null;
  #isr: number[] = [];

  constructor(
    of: PartitionName,
    askable: Map<number, ReplicaConnection>,
    leader: number | null,
  ) {
    this.#of = of;
    this.#askable = askable;
    this.#leader = leader;
  }

  static async begin(
    brokers: BrokerConnections,
    of: PartitionName,
  ): Promise<ReplicaProbe> {
    const metadata = await fetchMetadata(await brokers.any(), [of.topic]);
    const { error } = metadata.topics[0]!;
    const partition = found(metadata, of.partition);
    if (partition === undefined) {
      throw new Error(
        `Cannot watch partition ${of.partition} of topic '${of.topic}': the broker says ${
          error ?? "there is no such partition"
        }`,
      );
    }
    const addresses = new Map(metadata.brokers.map((each) => [each.id, each]));
    const askable = partition.replicas.map((
      id,
    ): [number, ReplicaConnection] => [
      id,
      new ReplicaConnection(brokers, addresses.get(id)),
    ]);
    // A first look should not take a connection's beginning for silence.
    await Promise.all(askable.map(([, replica]) => replica.connect()));
    return new ReplicaProbe(of, new Map(askable), partition.leader);
  }

  get replicas(): number[] {
    return [...this.#askable.keys()];
  }

  async look(): Promise<ReplicaLook> {
    const of = this.#of;
    const asked = this.#leader;
    // On one connection a broker answers one question right after the other.
    const [highWatermark, itsEnd] = await this.#askable.get(asked ?? -1)?.ask(
      (broker) =>
        Promise.all([fetchHighWatermark(broker, of), fetchLogEnd(broker, of)]),
    ) ?? [null, null];
    await this.#lookAtIsr();
    const all = [...this.#askable].map(async ([id, replica]) => [
      id,
      id === asked
        ? itsEnd
        : await replica.ask((broker) => fetchLogEnd(broker, of)),
    ]);
    return {
      leader: this.#leader,
      isr: this.#isr,
      highWatermark,
      logEnds: Object.fromEntries(await Promise.all(all)),
    };
  }

  /** The leader knows it first. */
  async #lookAtIsr(): Promise<void> {
    const first = this.#askable.get(this.#leader ?? -1);
    const others = [...this.#askable.values()].filter((each) => each !== first);
    for (const replica of first ? [first, ...others] : others) {
      const metadata = await replica.ask((broker) =>
        fetchMetadata(broker, [this.#of.topic])
      );
      const partition = metadata && found(metadata, this.#of.partition);
      if (!partition) continue;
      this.#leader = partition.leader;
      this.#isr = partition.isr.toSorted((a, b) => a - b);
      for (const address of metadata.brokers) {
        this.#askable.get(address.id)?.movedTo(address);
      }
      return;
    }
  }
}

function found({ topics: [topic] }: Metadata, number: number) {
  return topic?.partitions.find(({ partition }) => partition === number);
}

/** A broker that may not answer: while one question is open, it gets no second one. */
class ReplicaConnection {
  readonly #brokers: BrokerConnections;
  #address: BrokerAddress | undefined;
  #busy = false;

  constructor(brokers: BrokerConnections, address?: BrokerAddress) {
    this.#brokers = brokers;
    this.#address = address;
  }

  /** A broker that was down when the watch began is listed when it is up. */
  movedTo(address: BrokerAddress): void {
    this.#address = address;
  }

  /** Connects, if the broker takes the connection in time. */
  async connect(): Promise<void> {
    if (this.#address === undefined) return;
    await within(this.#brokers.at(this.#address), {
      deadlineMs: CONNECT_MS,
      what: "a connection",
    }).catch(() => {});
  }

  /** The answer, or null if there is none in time. */
  async ask<T>(
    question: (broker: BrokerConnection) => Promise<T>,
  ): Promise<T | null> {
    const address = this.#address;
    if (this.#busy || address === undefined) return null;
    this.#busy = true;
    const answer = (async () => {
      try {
        return await question(await this.#brokers.at(address));
      } catch {
        await pause(RETRY_MS, this.#brokers.signal).catch(() => {});
        return null;
      } finally {
        this.#busy = false;
      }
    })();
    return await within(answer, { deadlineMs: SILENCE_MS, what: "an answer" })
      .catch(() => null);
  }
}
