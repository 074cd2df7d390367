import type { Kafka } from "kafkajs";
import { pause } from "lib/client/interrupt.ts";
import { fetchPartition } from "lib/consumer/fetch_partition.ts";
import { readPartitions } from "lib/consumer/read_partitions.ts";
import { parseName, type Place, type RecordName } from "./record_name.ts";

/** Whom a tail tells. */
export interface TailListener {
  read(record: RecordName, place: Place): void;
  /** All below this position has been told. */
  passed?(partition: number, position: bigint): void;
}

const PAUSE_MS = 500;
const LOOK_MS = 15_000;
const LAST_LOOK_MS = 60_000;

const utf8 = new TextDecoder();

/** Reads a topic as it grows, as committed transactions show it, and joins no group. */
export class LogTail {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #listener: TailListener;
  readonly #stop = new AbortController();
  readonly #positions = new Map<number, bigint>();
  readonly #fingerprints = new Map<number, number>();
  #working: Promise<void> | undefined;
  #lastLookMs = performance.now();

  constructor(kafka: Kafka, topic: string, listener: TailListener) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#listener = listener;
  }

  /** How far it has read, by partition. */
  get positions(): Map<number, bigint> {
    return this.#positions;
  }

  /** What it has read, in a number for each partition: the same if it is read again. */
  get fingerprints(): string {
    return [...this.#fingerprints].toSorted(([a], [b]) => a - b)
      .map(([partition, print]) => `${partition}: ${print}`).join(", ");
  }

  /** For how long it could not look, unless it was told to stop. */
  get standsStillMs(): number {
    return this.#stop.signal.aborted ? 0 : performance.now() - this.#lastLookMs;
  }

  start(): void {
    this.#working = this.#work();
  }

  /** Stops, and reads what there is for a last time. */
  async end(): Promise<void> {
    await this.stop();
    await this.#look(LAST_LOOK_MS);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // While a leader is away, the next look is as good.
      await this.#look(LOOK_MS).catch(() => {});
      await pause(PAUSE_MS, this.#stop.signal).catch(() => {});
    }
  }

  async #look(deadlineMs: number): Promise<void> {
    const isolationLevel = "read_committed";
    await readPartitions(this.#kafka, this.#topic, {
      isolationLevel,
      deadlineMs,
      read: async (leader, from) => {
        const { partition } = from;
        const position = this.#positions.get(partition) ?? 0n;
        if (from.offset < position) return position;
        const fetched = await fetchPartition(leader, from, isolationLevel);
        for (const { offset, value } of fetched.records) {
          const text = value && utf8.decode(value);
          const record = parseName(text);
          if (record) this.#listener.read(record, { partition, offset });
          this.#note(partition, `${offset} ${text}`);
        }
        this.#positions.set(partition, fetched.nextOffset);
        this.#listener.passed?.(partition, fetched.nextOffset);
        return fetched.nextOffset;
      },
    });
    this.#lastLookMs = performance.now();
  }

  /** FNV-1a, over all that came before, too. */
  #note(partition: number, text: string): void {
    let print = this.#fingerprints.get(partition) ?? 0x811c9dc5;
    for (let at = 0; at < text.length; at++) {
      print = Math.imul(print ^ text.charCodeAt(at), 0x01000193);
    }
    this.#fingerprints.set(partition, print);
  }
}
