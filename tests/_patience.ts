// How long tests wait where the time is not what they are about: long enough for any machine, so
// that what ends a wait in vain is a fault of the code.
import { until as untilOfLib, type UntilOptions } from "lib/client/until.ts";

/** Several times what the slowest of these waits has taken on a machine with ten jobs for each core. */
export const PATIENCE_MS = 120_000;

/** As `until()` of lib, with more patience by default. */
export function until<T>(
  look: () => T | Promise<T>,
  options: UntilOptions = {},
): ReturnType<typeof untilOfLib<T>> {
  return untilOfLib(look, { deadlineMs: PATIENCE_MS, ...options });
}
