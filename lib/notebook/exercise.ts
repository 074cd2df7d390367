import { connectionFromEnvironment } from "../client/connection.ts";
import { InterruptedError, interruptSignal } from "../client/interrupt.ts";
import { findBroker } from "../client/probe.ts";
import { escapeHtml, Output, show } from "./display.ts";
import { exerciseNote, noteExercise } from "./learner.ts";

/** The MIME type under which an exercise's state is published for the notebook runner. */
export const EXERCISE_MIME = "application/vnd.kafka-notebooks.exercise+json";

/** How far a reader has come with an exercise. */
export type ExerciseState = "not yet" | "solved";

/** How long {@linkcode check} waits. */
export interface CheckOptions {
  /** After how many milliseconds a check that has not ended counts as "not yet" (default 20 000). */
  deadlineMs?: number;
}

/**
 * Checks a reader's solution of an exercise. If the test passes, the exercise
 * is shown as solved; if it fails, as "not yet", with the reason and one more
 * hint each time. It never fails the cell, so that a run of the whole notebook
 * goes on past exercises that nobody has solved; only the Stop button ends it.
 * What is not about the answer, such as a broker that is gone, is said and uses
 * up no hint. In a learner's copy, hints and solutions survive the kernel.
 * A check that always passes is worth nothing: the notebook runner sees to it
 * that each one says "not yet" to the stub and "solved" to the solution.
 *
 * @param name The exercise's name, as in the tags of its cells.
 * @param hints What to say after the first, second, … failing run, from vague to plain.
 * @param test Returns a sentence that says what is wrong, or `false`, or throws, while the
 *   solution is wrong; returns nothing once it is right.
 * @param options The deadline.
 * @throws {InterruptedError} If the Stop button was pressed.
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
  const verdict = await judge(test, options.deadlineMs ?? 20_000);
  if (verdict === undefined) {
    noteExercise(name, { isSolved: true, hints: 0 });
    return show(exerciseOutput(name, "solved"));
  }
  const { why, isAboutAnswer } = verdict;
  if (!isAboutAnswer) {
    return show(exerciseOutput(name, "not yet", {
      why: `This is not about your answer: ${why}`,
    }));
  }
  const count = Math.min(exerciseNote(name).hints + 1, hints.length + 1);
  noteExercise(name, { hints: count });
  const hint = hintText(hints, count);
  show(exerciseOutput(name, "not yet", { why, hint }));
}

/**
 * Draws an exercise's state, and publishes it under {@linkcode EXERCISE_MIME}.
 *
 * @param name The exercise's name.
 * @param state How far the reader has come.
 * @param words `why`: why it is not solved yet; `hint`: what to say to help. By default neither is shown.
 * @returns An output.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(String(exerciseOutput("partition-of", "solved")), "✓ Solved: partition-of");
 * ```
 */
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

/** Why a test does not pass. */
interface Verdict {
  why: string;
  /** Whether the answer may be at fault; else it is what the check needs. */
  isAboutAnswer: boolean;
}

/** Runs a test and returns why it does not pass, or `undefined` if it does. */
async function judge(
  test: () => unknown,
  deadlineMs: number,
): Promise<Verdict | undefined> {
  const signal = interruptSignal();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<Verdict>((resolve) => {
    timer = setTimeout(
      () =>
        resolve(wrong(`The check had not ended after ${deadlineMs / 1000} s.`)),
      deadlineMs,
    );
  });
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onStop = () => reject(signal.reason);
  signal.addEventListener("abort", onStop, { once: true });
  const verdict = (async () => {
    try {
      const answer = await test();
      if (typeof answer === "string" && answer !== "") return wrong(answer);
      return answer === false ? wrong("The check returned false.") : undefined;
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      const surroundings = await surroundingsOf(error);
      return surroundings === undefined
        ? wrong(reason(error))
        : { why: surroundings, isAboutAnswer: false };
    }
  })();
  // What a test does after its deadline is nobody's concern any more.
  verdict.catch(() => {});
  try {
    return await Promise.race([verdict, deadline, stopped]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onStop);
  }
}

function wrong(why: string): Verdict {
  return { why, isAboutAnswer: true };
}

const IS_CLOSED = /^The (?:producer|consumer|admin client) is disconnected/;
const IS_UNREACHABLE =
  /ECONNREFUSED|Connection (?:error|timeout)|Closed connection/;

/** Why an error says nothing about the answer, or `undefined` if it may. */
async function surroundingsOf(error: unknown): Promise<string | undefined> {
  if (!(error instanceof Error)) return undefined;
  if (IS_CLOSED.test(error.message)) {
    return "a client that it needs was closed. Restart the kernel, run the cells above, then this one.";
  }
  if (!IS_UNREACHABLE.test(`${error.message} ${error.cause}`)) return undefined;
  // A wrong address in the answer cannot be reached either: the broker itself is asked.
  try {
    await findBroker(connectionFromEnvironment());
    return undefined;
  } catch (noBroker) {
    return noBroker instanceof Error ? noBroker.message : String(noBroker);
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
