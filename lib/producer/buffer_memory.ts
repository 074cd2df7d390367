import type { PendingRecord } from "./pending_record.ts";
import type { WaitingRecords } from "./waiting_records.ts";

/** How much a {@linkcode BufferMemory} holds. */
export interface BufferLimits {
  /** In bytes of records. */
  bufferMemory: number;
  /** In records; as many again may wait for room. */
  maxPendingRecords: number;
}

/**
 * Bounds pending records, by bytes and by number. What finds no room waits in
 * line, so that nothing is overtaken.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PendingResults } from "./pending_results.ts";
 * import { WaitingRecords } from "./waiting_records.ts";
 *
 * const results = new PendingResults(() => {});
 * const line = new WaitingRecords(1_000, () => {});
 * const buffer = new BufferMemory({ bufferMemory: 100, maxPendingRecords: 1 }, line);
 * const [first, second] = ["a", "b"].map((value) => results.open({ topic: "orders", value }, () => {}));
 * assertEquals([buffer.tryTake(first!), buffer.tryTake(second!)], [true, false]);
 *
 * void buffer.wait(second!);
 * buffer.release(first!.bytes, 1);
 * assertEquals([buffer.admitNext(), buffer.isAwaited], [second, false]);
 * ```
 */
export class BufferMemory {
  readonly #limits: BufferLimits;
  readonly #line: WaitingRecords;
  #bytes = 0;
  #records = 0;

  /**
   * @param limits How much it holds.
   * @param line Where records wait for room.
   */
  constructor(limits: BufferLimits, line: WaitingRecords) {
    this.#limits = limits;
    this.#line = line;
  }

  /** How many bytes of records it holds. */
  get usedBytes(): number {
    return this.#bytes;
  }

  /** Whether a record waits for room. */
  get isAwaited(): boolean {
    return this.#line.first() !== undefined;
  }

  /** Why it has no room, as half a sentence. */
  get fullness(): string {
    const { bufferMemory, maxPendingRecords } = this.#limits;
    return this.#records >= maxPendingRecords
      ? `${this.#records} records are pending, which is 'maxPendingRecords'`
      : `the buffer holds ${this.#bytes} of ${bufferMemory} bytes, 'bufferMemory'`;
  }

  /**
   * Makes room for a record, if there is any and none waits for it.
   *
   * @param record A record whose size is known.
   * @returns Whether it has room now.
   */
  tryTake(record: PendingRecord): boolean {
    return !this.isAwaited && this.#take(record);
  }

  /**
   * Puts a record in line.
   *
   * @param record A record that finds no room.
   * @returns A promise that resolves when the record has room or a result, or undefined if the line is full, too.
   */
  wait(record: PendingRecord): Promise<void> | undefined {
    if (this.#line.length >= this.#limits.maxPendingRecords) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    record.onRoom = resolve;
    this.#line.push(record);
    return promise;
  }

  /**
   * Gives back the room of some records.
   *
   * @param bytes Their size.
   * @param records How many they are.
   */
  release(bytes: number, records: number): void {
    this.#bytes -= bytes;
    this.#records -= records;
  }

  /**
   * Takes the first out of the line if there is room for it now, which it then holds.
   *
   * @returns That record, or undefined.
   */
  admitNext(): PendingRecord | undefined {
    const next = this.#line.first();
    if (!next || !this.#take(next)) return undefined;
    this.#line.shift();
    next.onRoom?.();
    return next;
  }

  #take(record: PendingRecord): boolean {
    const { bufferMemory, maxPendingRecords } = this.#limits;
    if (this.#bytes + record.bytes > bufferMemory) return false;
    if (this.#records >= maxPendingRecords) return false;
    this.#bytes += record.bytes;
    this.#records++;
    record.holdsRoom = true;
    return true;
  }
}
