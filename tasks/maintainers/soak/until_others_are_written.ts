import { DeadlineError, until } from "lib/client/until.ts";
import type { Participants } from "./participants.ts";
import type { Report } from "./violation.ts";

/** As long as any client may stand still: a busy machine takes seconds to name other leaders. */
const DEADLINE_MS = 60_000;

/**
 * Waits, while some topics cannot be written, until each of the others has had
 * a result since now or has nothing to wait for. A producer whose records wait
 * for each other would not get there: nothing is given back meanwhile.
 *
 * @param participants All topics, and what produces to them.
 * @param options Who hears of those that were not written in time, and what ends the wait early.
 */
export async function untilOthersAreWritten(
  { topics, producing }: Pick<Participants, "topics" | "producing">,
  { report, signal, deadlineMs = DEADLINE_MS }: {
    report: Report;
    signal?: AbortSignal;
    deadlineMs?: number;
  },
): Promise<void> {
  const sinceMs = performance.now();
  const waiting = () =>
    topics.filter(({ isUnwritable, name }) =>
      !isUnwritable && (producing.waitsSinceMs(name) ?? Infinity) < sinceMs
    );
  try {
    await until(() => signal?.aborted || waiting().length === 0, {
      deadlineMs,
      intervalMs: 100,
    });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    const numbers = waiting().map(({ number }) => number).join(", ");
    const what =
      `the producer had no result from topic ${numbers} for another ${deadlineMs} ms`;
    report({ check: "flowing", what, records: [] });
  }
}
