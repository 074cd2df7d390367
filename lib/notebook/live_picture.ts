import type { Output } from "./display.ts";
import { inKernel } from "./kernel.ts";
import { panel } from "./panel.ts";

/** A picture that is drawn again and again. */
export interface LivePicture {
  /** Draws a last time, and no more. */
  stop(): void;
}

/** How often {@linkcode livePicture} draws, and for how long. */
export interface LivePictureOptions {
  /** The time between two drawings, in milliseconds (default 500). */
  everyMs?: number;
  /** After how many milliseconds it ends by itself (default 2 minutes). */
  limitMs?: number;
}

/**
 * Shows a picture under the running cell while what it shows goes on: it is
 * drawn anew in place. It ends by `stop()`, or by itself after `limitMs`, so
 * that a forgotten one does not draw forever. Outside a notebook it does nothing.
 *
 * @param draw Draws the picture as it is now.
 * @param options How often to draw, and for how long.
 * @returns What stops it.
 *
 * @example Usage
 * ```ts
 * import { table } from "./table.ts";
 *
 * const live = livePicture(() => table([{ seconds: performance.now() / 1000 }]));
 * live.stop();
 * ```
 */
export function livePicture(
  draw: () => Output,
  { everyMs = 500, limitMs = 120_000 }: LivePictureOptions = {},
): LivePicture {
  if (!inKernel()) return { stop: () => {} };
  const place = panel(draw(), { everyMs: 100 });
  let timers: ReturnType<typeof setTimeout>[] = [];
  const stop = () => {
    if (timers.length === 0) return;
    timers.forEach(clearTimeout);
    timers = [];
    place.update(draw());
  };
  timers = [
    setInterval(() => place.update(draw()), everyMs),
    setTimeout(stop, limitMs),
  ];
  return { stop };
}
