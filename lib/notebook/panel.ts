import { inKernel, jobAtCellEnd, sendToPage } from "./kernel.ts";
import { escapeHtml, Output } from "./display.ts";

/** What a panel shows: a drawn output, or lines of text. */
export type PanelContent = Output | string;

/** A place on the page whose content changes. */
export interface Panel {
  /**
   * Shows something else in the panel's place.
   *
   * @param content What to show.
   */
  update(content: PanelContent): void;
}

/** Options for {@linkcode panel}. */
export interface PanelOptions {
  /** The shortest time between two changes on the page, in milliseconds (default 100). */
  everyMs?: number;
}

/**
 * Opens a panel under the running cell. It stays there and changes in place,
 * even when a consumer updates it long after the cell has ended, where lines
 * of `console.log` would land under whatever cell ran last. It may be updated
 * as often as one likes: the page gets ten changes a second, and always the
 * last one. Outside a notebook it does nothing.
 *
 * @param content What it shows first.
 * @param options How often the page changes.
 * @returns The panel.
 *
 * @example Usage
 * ```ts
 * const received = panel("no records yet");
 * for (let count = 1; count <= 1_000; count++) received.update(`${count} records`);
 * ```
 */
export function panel(
  content: PanelContent = "",
  options: PanelOptions = {},
): Panel {
  if (!inKernel()) return { update: () => {} };
  const displayId = crypto.randomUUID();
  const throttled = new Throttle((content: PanelContent) => {
    sendToPage("update_display_data", messageOf(content, displayId));
  }, options.everyMs ?? 100);
  sendToPage("display_data", messageOf(content, displayId));
  // A headless run reads nothing after its last cell.
  const removeJob = { current: () => {} };
  return {
    update(content) {
      throttled.set(content);
      removeJob.current();
      removeJob.current = jobAtCellEnd(() => throttled.flush());
    },
  };
}

/**
 * Passes values on no more often than every so many milliseconds, and never drops the last.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const passed: number[] = [];
 * const throttle = new Throttle((value: number) => passed.push(value), 50);
 * for (const value of [1, 2, 3]) throttle.set(value);
 * throttle.flush();
 * assertEquals(passed, [1, 3]);
 * ```
 */
export class Throttle<T> {
  readonly #pass: (value: T) => void;
  readonly #everyMs: number;
  #waiting: { value: T } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #passedAt = -Infinity;

  /**
   * Makes a throttle in front of a function.
   *
   * @param pass Takes the values.
   * @param everyMs The shortest time between two of them, in milliseconds.
   */
  constructor(pass: (value: T) => void, everyMs: number) {
    this.#pass = pass;
    this.#everyMs = everyMs;
  }

  /**
   * Passes the value on, now or when it is time, unless a later one comes first.
   *
   * @param value The value.
   */
  set(value: T): void {
    this.#waiting = { value };
    const waitMs = this.#passedAt + this.#everyMs - performance.now();
    if (waitMs <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), waitMs);
  }

  /** Passes on what waits, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === undefined) return;
    const { value } = this.#waiting;
    this.#waiting = undefined;
    this.#passedAt = performance.now();
    this.#pass(value);
  }
}

function messageOf(
  content: PanelContent,
  displayId: string,
): Record<string, unknown> {
  const { bundle, metadata } = content instanceof Output
    ? content
    : new Output({
      "text/plain": content,
      "text/html": `<pre style="margin: 0; padding: 0">${
        escapeHtml(content)
      }</pre>`,
    });
  return { data: bundle, metadata, transient: { display_id: displayId } };
}
