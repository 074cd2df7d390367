import { InterruptedError, interruptSignal } from "../client/interrupt.ts";
import { escapeHtml, Output, show } from "./display.ts";

/** The MIME type under which an exercise's state is published for the notebook runner. */
export const EXERCISE_MIME = "application/vnd.kafka-notebooks.exercise+json";

/** How far a reader has come with an exercise. */
export type ExerciseState = "not yet" | "solved";

/** Options for {@linkcode check}. */
export interface CheckOptions {
  /** After how many milliseconds a check that has not ended counts as "not yet" (default 20 000). */
  deadlineMs?: number;
}

const hintsShown = new Map<string, number>();

/**
 * Checks a reader's solution of an exercise. If the test passes, the exercise
 * is shown as solved; if it fails, as "not yet", with the reason and one more
 * hint each time. It never fails the cell, so that a run of the whole notebook
 * goes on past exercises that nobody has solved; only the Stop button ends it.
 *
 * @param name The exercise's name, as in the tags of its cells.
 * @param hints What to say after the first, second, … failing run, from vague to plain.
 * @param test Returns a sentence that says what is wrong, or `false`, or throws, while the
 *   solution is wrong; returns nothing once it is right.
 * @param options The deadline.
 *
 * @example Usage
 * ```ts
 * const partitionOf = (_key: string): number | undefined => undefined; // the reader's part
 * await check("partition-of", ["Which hash does Kafka use?"], () => {
 *   const partition = partitionOf("order-1");
 *   if (partition !== 2) return `order-1 belongs in partition 2, and it says ${partition}`;
 * });
 * ```
 */
export async function check(
  name: string,
  hints: readonly string[],
  test: () => unknown,
  options: CheckOptions = {},
): Promise<void> {
  const why = await whyNot(test, options.deadlineMs ?? 20_000);
  if (why === undefined) {
    hintsShown.delete(name);
    return show(exerciseOutput(name, "solved"));
  }
  const count = Math.min((hintsShown.get(name) ?? 0) + 1, hints.length + 1);
  hintsShown.set(name, count);
  show(exerciseOutput(name, "not yet", { why, hint: hintText(hints, count) }));
}

/** Draws an exercise's state, and publishes it under {@linkcode EXERCISE_MIME}. */
export function exerciseOutput(
  name: string,
  state: ExerciseState,
  { why, hint }: { why?: string; hint?: string } = {},
): Output {
  const solved = state === "solved";
  const colour = solved ? "#2e9e5b" : "#c77700";
  const head = solved ? `✓ Solved: ${name}` : `○ Not yet: ${name}`;
  const lines = [why, hint].filter((line) => line !== undefined);
  return new Output({
    "text/plain": [
      head,
      ...lines.map((line) => `  ${line.replaceAll("\n", "\n  ")}`),
    ].join("\n"),
    "text/html":
      `<div style="border-left: 4px solid ${colour}; padding: 0.15em 0 0.15em 0.75em">` +
      `<div><b style="color: ${colour}">${solved ? "✓" : "○"}</b> <b>${
        solved ? "Solved" : "Not yet"
      }:</b> ` +
      `${escapeHtml(name)}</div>` +
      (why === undefined
        ? ""
        : `<div style="white-space: pre-wrap">${escapeHtml(why)}</div>`) +
      (hint === undefined
        ? ""
        : `<div style="white-space: pre-wrap"><i>${
          escapeHtml(hint)
        }</i></div>`) +
      `</div>`,
    [EXERCISE_MIME]: { name, state, why: why ?? null },
  });
}

/** Runs a test and returns why it does not pass, or `undefined` if it does. */
async function whyNot(
  test: () => unknown,
  deadlineMs: number,
): Promise<string | undefined> {
  const signal = interruptSignal();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<string>((resolve) => {
    timer = setTimeout(
      () => resolve(`The check had not ended after ${deadlineMs / 1000} s.`),
      deadlineMs,
    );
  });
  const stopped = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), {
      once: true,
    });
  });
  const verdict = (async () => {
    try {
      const answer = await test();
      if (typeof answer === "string" && answer !== "") return answer;
      return answer === false ? "The check returned false." : undefined;
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      return reason(error);
    }
  })();
  // What a test does after its deadline is nobody's concern any more.
  verdict.catch(() => {});
  try {
    return await Promise.race([verdict, deadline, stopped]);
  } finally {
    clearTimeout(timer);
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return `It threw ${String(error)}`;
  // deno-lint-ignore no-control-regex -- assertion messages come coloured
  const message = error.message.replaceAll(/\u001b\[[0-9;]*m/g, "").trim();
  const lines = message.split("\n");
  const text = lines.length > 20
    ? [...lines.slice(0, 20), "…"].join("\n")
    : message;
  const plain = ["Error", "AssertionError", "ClaimError"].includes(error.name);
  return plain ? text || error.name : `${error.name}: ${text}`;
}

function hintText(hints: readonly string[], count: number): string | undefined {
  if (hints.length === 0) return undefined;
  if (count > hints.length) {
    return "That was the last hint; the solution is folded below.";
  }
  return `Hint ${count} of ${hints.length}: ${hints[count - 1]}`;
}
