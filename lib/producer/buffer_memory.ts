import { type PendingRecord, WaitingRecords } from "./pending_record.ts";

/** What a buffer needs to know, and whom it tells. */
export interface BufferMemoryOptions {
  /** How many bytes of records it holds. */
  capacity: number;
  /** How long a record may wait for room. */
  deliveryTimeoutMs: number;
  /** A record that waited has room now. */
  onRoom: (record: PendingRecord) => void;
  /** A record has waited too long. */
  onLate: (record: PendingRecord) => void;
}

/** Bounds the bytes of pending records. Who finds no room waits in line, so nobody is overtaken. */
export class BufferMemory {
  readonly #options: BufferMemoryOptions;
  readonly #waiting: WaitingRecords;
  #usedBytes = 0;

  constructor(options: BufferMemoryOptions) {
    this.#options = options;
    this.#waiting = new WaitingRecords(
      options.deliveryTimeoutMs,
      options.onLate,
    );
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether a record waits for room. */
  get isAwaited(): boolean {
    return this.#waiting.first() !== undefined;
  }

  /** Makes room for a record, if there is any and nobody waits for it. */
  tryTake(record: PendingRecord): boolean {
    return !this.isAwaited && this.#take(record);
  }

  /** Puts a record in line; the promise resolves when it has room or a result. */
  wait(record: PendingRecord): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    record.onRoom = resolve;
    this.#waiting.push(record);
    return promise;
  }

  /** Gives room back, and then to those in line. */
  release(bytes: number): void {
    this.#usedBytes -= bytes;
    for (
      let next = this.#waiting.first();
      next && this.#take(next);
      next = this.#waiting.first()
    ) {
      this.#waiting.shift();
      next.onRoom?.();
      this.#options.onRoom(next);
    }
  }

  /** Takes out all in line. */
  drain(): PendingRecord[] {
    return this.#waiting.drain();
  }

  #take(record: PendingRecord): boolean {
    if (this.#usedBytes + record.bytes > this.#options.capacity) return false;
    this.#usedBytes += record.bytes;
    record.holdsRoom = true;
    return true;
  }
}
