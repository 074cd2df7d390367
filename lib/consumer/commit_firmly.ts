import { KafkaJSProtocolError } from "kafkajs/src/errors.js";
import { commitRefusal } from "../client/commit_refusal.ts";
import { DeadlineError } from "../client/deadline.ts";
import { pause } from "../client/interrupt.ts";
import type { CommitReport } from "./commit_report.ts";
import { retryPauseMs } from "./retry_pause.ts";

/** How {@linkcode commitFirmly} commits. */
export interface CommitFirmlyOptions {
  /** Where refusals are reported. */
  report: CommitReport;
  /** Whether the consumer is being stopped: then three more tries are made, for at most five seconds. */
  isEnding: () => boolean;
  /** Whether the partitions are another member's by now, so that there is nothing to commit. Never by default. */
  isLost?: () => boolean;
}

const PAUSES = { firstMs: 100, longestMs: 1_000 };
/** After which refusal to join again. The first may have been overtaken by a join. */
const TRIES = { waiting: Infinity, connecting: 10, joining: 2 };
const LAST_TRIES = 3;
const LAST_MS = 5_000;
const LOOK_MS = 100;
/** The Stop button is for the cell that runs. */
const NEVER = new AbortController().signal;

/**
 * Commits what was processed, and does not give up at the first refusal: a
 * coordinator that loads or restarts is waited for. Where only joining again
 * helps, it throws an error at which KafkaJS does that when a handler throws
 * it: what was processed then comes again.
 *
 * While a consumer stops, a refusal is reported rather than thrown.
 *
 * @param commit Commits, once.
 * @param options Where to report, and whether it still matters.
 * @throws {Error} The broker's answer, if the member has to join again or nothing helps.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CommitReport } from "./commit_report.ts";
 *
 * let tries = 0;
 * const commit = async () => {
 *   if (++tries < 3) throw Object.assign(new Error("Loading"), { type: "GROUP_LOAD_IN_PROGRESS" });
 * };
 * const report = new CommitReport("billing", () => {});
 * await commitFirmly(commit, { report, isEnding: () => false });
 * assertEquals(tries, 3);
 * ```
 */
export async function commitFirmly(
  commit: () => Promise<void>,
  { report, isEnding, isLost = () => false }: CommitFirmlyOptions,
): Promise<void> {
  let lastTries = 0;
  for (let tries = 1; !isLost(); tries++) {
    if (isEnding()) lastTries++;
    try {
      await answered(commit(), isEnding);
      return report.accepted();
    } catch (error) {
      if (isLost()) return;
      const { reason, remedy } = commitRefusal(error);
      const isVain = remedy === "nothing" || reason instanceof DeadlineError;
      if (isEnding() && (isVain || lastTries === LAST_TRIES)) {
        return report.refusedLast(reason);
      }
      if (isVain) throw reason;
      report.refused(reason);
      if (!isEnding() && tries >= TRIES[remedy]) {
        throw remedy === "connecting" ? joinAgainError(reason) : reason;
      }
      const ms = retryPauseMs(lastTries || tries, PAUSES);
      await waitFor(ms, () => lastTries === 0 && isEnding());
    }
  }
}

/**
 * An error at which KafkaJS joins the group again when a handler throws it.
 *
 * @param cause Why it has to.
 * @returns The error.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(joinAgainError("the coordinator is gone").type, "REBALANCE_IN_PROGRESS");
 * ```
 */
export function joinAgainError(cause: unknown): KafkaJSProtocolError {
  const message = `The consumer joins its group again: ${cause}`;
  // KafkaJS logs what is not an error of its own as a handler's mistake.
  return new KafkaJSProtocolError(Object.assign(new Error(message), {
    ...{ type: "REBALANCE_IN_PROGRESS", code: 27, retriable: false },
  }));
}

/** Waits for a time, or until something is so. */
async function waitFor(ms: number, isOver: () => boolean): Promise<void> {
  const latest = performance.now() + ms;
  for (let left = ms; left > 0 && !isOver();) {
    await pause(Math.min(left, LOOK_MS), NEVER);
    left = latest - performance.now();
  }
}

/** Waits for an answer; while the consumer is being stopped, no longer than five seconds. */
async function answered(
  work: Promise<void>,
  isEnding: () => boolean,
): Promise<void> {
  const late = Promise.withResolvers<never>();
  let endingSince: number | undefined;
  const timer = setInterval(() => {
    if (!isEnding()) return;
    endingSince ??= performance.now();
    if (performance.now() - endingSince < LAST_MS) return;
    late.reject(
      new DeadlineError(`No answer to a commit within ${LAST_MS / 1000} s`),
    );
  }, LOOK_MS);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearInterval(timer);
  }
}
