import type { StateStore } from "./state_store.ts";

/** What a window holds for a key. It begins at `start`, in milliseconds since 1970. In Java: `Windowed<K>` and its value. */
export interface WindowedValue<Value> {
  key: string;
  start: number;
  value: Value;
}

/** What a record has done to the windows. */
export interface WindowUpdate<Value> {
  /** The record's window with its new value, or undefined: the record came too late, and was dropped. */
  changed?: WindowedValue<Value>;
  /** Windows that the record has closed by moving stream time. Nothing changes them any more, and the store has forgotten them. In Java: `Suppressed.untilWindowCloses`. */
  closed: WindowedValue<Value>[];
}

/** The store's own entry; those of windows begin with a number. */
const TIME = "time";

/**
 * Windows of one size, side by side: `TimeWindows.ofSizeAndGrace` in Java. A
 * record belongs to the window of its timestamp. Time is what the records say:
 * **stream time** is the highest timestamp so far. A window closes when stream
 * time is `graceMs` past its end; a record for a closed window is dropped and
 * counted (`dropped-records-total` in Java). What is known of the windows, of
 * stream time and of dropped records is in the store.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StateStore } from "./state_store.ts";
 *
 * const windows = new TumblingWindows({ sizeMs: 10, graceMs: 5 });
 * const store = new StateStore();
 * const count = (timestamp: number) =>
 *   windows.update<number>(store, { key: "Ada", timestamp }, (n = 0) => n + 1);
 *
 * assertEquals(count(9).changed, { key: "Ada", start: 0, value: 1 });
 * count(14);
 * assertEquals(count(3).changed?.value, 2); // late, and within the grace
 * assertEquals(count(15).closed, [{ key: "Ada", start: 0, value: 2 }]);
 * assertEquals(count(4).changed, undefined); // too late
 * assertEquals(windows.dropped(store), 1);
 * ```
 */
export class TumblingWindows {
  readonly #sizeMs: number;
  readonly #graceMs: number;

  /**
   * @param options `sizeMs`: how long a window is. `graceMs`: for how long after its end it still takes records, in stream time.
   * @throws {RangeError} If one of them is out of range.
   */
  constructor({ sizeMs, graceMs }: { sizeMs: number; graceMs: number }) {
    if (!(sizeMs > 0 && graceMs >= 0)) {
      throw new RangeError(
        `Cannot make windows as 'sizeMs' must be above 0 and 'graceMs' at least 0: current values are ${sizeMs} and ${graceMs}`,
      );
    }
    this.#sizeMs = sizeMs;
    this.#graceMs = graceMs;
  }

  /**
   * Puts a record into its window.
   *
   * @param store The state of the record's partition.
   * @param record `key`: what it counts for. `timestamp`: its milliseconds since 1970, as a number or as KafkaJS gives them.
   * @param change Makes the window's new value of the old one, which is undefined in a new window.
   * @returns What has changed.
   */
  update<Value>(
    store: StateStore,
    { key, timestamp }: { key: string; timestamp: number | string },
    change: (old: Value | undefined) => Value,
  ): WindowUpdate<Value> {
    const at = Number(timestamp);
    const { streamTime: before = at, dropped } = timeOf(store);
    const streamTime = Math.max(before, at);
    const start = Math.floor(at / this.#sizeMs) * this.#sizeMs;
    const isLate = this.#isClosed(start, streamTime);
    store.set(TIME, { streamTime, dropped: dropped + (isLate ? 1 : 0) });
    const end = (time: number) =>
      Math.floor((time - this.#graceMs) / this.#sizeMs);
    const closed = end(streamTime) > end(before)
      ? this.#close<Value>(store, streamTime)
      : [];
    if (isLate) return { closed };
    const value = change(store.get<Value>(`${start}/${key}`));
    store.set(`${start}/${key}`, value);
    return { changed: { key, start, value }, closed };
  }

  /**
   * How many records came too late.
   *
   * @param store The state of a partition.
   * @returns Their number, over all restarts.
   */
  dropped(store: StateStore): number {
    return timeOf(store).dropped;
  }

  #isClosed = (start: number, streamTime: number) =>
    start + this.#sizeMs + this.#graceMs <= streamTime;

  #close<Value>(store: StateStore, streamTime: number): WindowedValue<Value>[] {
    const closed = store.keys()
      .filter((id) => this.#isClosed(parseInt(id), streamTime)) // not TIME: NaN
      .sort((a, b) => parseInt(a) - parseInt(b));
    return closed.map((id) => {
      const value = store.get<Value>(id)!;
      store.set(id, undefined);
      const key = id.slice(id.indexOf("/") + 1);
      return { key, start: parseInt(id), value };
    });
  }
}

function timeOf(store: StateStore): { streamTime?: number; dropped: number } {
  return store.get(TIME) ?? { dropped: 0 };
}
