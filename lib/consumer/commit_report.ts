import { commitRefusal } from "../client/commit_refusal.ts";

/** Called when a commit was refused. */
export type OnCommitError = (
  /** Why. */
  error: unknown,
  /** How many commits in a row were refused so far, from 1. */
  failures: number,
) => void;

/** A refusal or two are normal while a coordinator moves. */
const WARN_FROM = 3;
const WARN_EVERY = 100;

/**
 * Says that commits are refused, so that a consumer which never commits does
 * not look healthy: to a callback; without one, on stderr after the third
 * refusal in a row, and at once where waiting cannot help.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const told: string[] = [];
 * const report = new CommitReport("billing", (error, failures) => told.push(`${failures}: ${error}`));
 * report.refused("NOT_COORDINATOR_FOR_GROUP");
 * report.accepted();
 * report.refused("REBALANCE_IN_PROGRESS");
 * assertEquals(told, ["1: NOT_COORDINATOR_FOR_GROUP", "1: REBALANCE_IN_PROGRESS"]);
 * ```
 */
export class CommitReport {
  readonly #who: string;
  readonly #onCommitError: OnCommitError | undefined;
  #failures = 0;

  /**
   * @param who Which run commits, as the line on stderr names it.
   * @param onCommitError Called at each refusal. Without it there are lines on stderr.
   */
  constructor(who: string, onCommitError?: OnCommitError) {
    this.#who = who;
    this.#onCommitError = onCommitError;
  }

  /** A commit was accepted. */
  accepted(): void {
    this.#failures = 0;
  }

  /**
   * A commit was refused, and is going to be tried again.
   *
   * @param error Why.
   */
  refused(error: unknown): void {
    const failures = ++this.#failures;
    const isTimeToWarn = failures === WARN_FROM ||
      failures % WARN_EVERY === 0 ||
      failures === 1 && commitRefusal(error).remedy === "nothing";
    const count = failures === 1 ? "" : `, ${failures} times in a row`;
    this.#tell(
      error,
      isTimeToWarn &&
        `cannot commit${count}: what it processes would come again`,
    );
  }

  /**
   * The commit of an end was refused, and is not going to be tried again.
   *
   * @param error Why.
   */
  refusedLast(error: unknown): void {
    this.#failures++;
    this.#tell(
      error,
      "could not commit when it ended: what it processed last comes again",
    );
  }

  #tell(error: unknown, line: string | false): void {
    const call = this.#onCommitError;
    const failures = this.#failures;
    if (call) {
      // A callback that throws must not end what it is told of.
      (async () => await call(error, failures))().catch((thrown) =>
        console.error(`${this.#who}: onCommitError has thrown ${thrown}`)
      );
    } else if (line) console.error(`${this.#who} ${line} (${error})`);
  }
}
