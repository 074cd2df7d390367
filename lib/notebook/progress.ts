import { escapeHtml, Output } from "./display.ts";
import { panel } from "./panel.ts";

/** A progress bar on the page. */
export interface Progress {
  /** Counts so many more as done (default 1). */
  advance(count?: number): void;
  /** Says how many are done. */
  set(done: number): void;
}

const BAR_CELLS = 30;

/**
 * Shows how far something has come, in place, for work of known size. It may
 * be advanced thousands of times a second. Outside a notebook it does nothing.
 *
 * @param total How many there are to do.
 * @param label What is being done: "records sent".
 * @returns The progress bar.
 *
 * @example Usage
 * ```ts
 * const sent = progress(1_000, "records sent");
 * for (let record = 0; record < 1_000; record++) sent.advance();
 * ```
 */
export function progress(total: number, label: string): Progress {
  if (!Number.isFinite(total) || total <= 0) {
    throw new RangeError(
      `Cannot show progress as 'total' must be a positive number: current value is ${total}`,
    );
  }
  const bar = panel(progressOutput(0, total, label));
  let done = 0;
  const set = (count: number) => {
    done = count;
    bar.update(progressOutput(done, total, label));
  };
  return { set, advance: (count = 1) => set(done + count) };
}

/** Draws one state of a progress bar. */
export function progressOutput(
  done: number,
  total: number,
  label: string,
): Output {
  const share = Math.min(1, Math.max(0, done / total));
  const full = Math.floor(share * BAR_CELLS);
  const bar = "█".repeat(full) + "░".repeat(BAR_CELLS - full);
  const count = `${done.toLocaleString("en")} of ${
    total.toLocaleString("en")
  } ${label}`;
  return new Output({
    "text/plain": `${bar} ${count}`,
    "text/html":
      `<div><code style="color: #2e9e5b; background: transparent">${bar}</code> ${
        escapeHtml(count)
      }</div>`,
  });
}
