import { within } from "../client/deadline.ts";
import { InterruptedError } from "../client/interrupt.ts";
import { show } from "./display.ts";
import { exerciseOutput } from "./exercise.ts";
import { noteExercise } from "./learner.ts";
import { agrees } from "./prediction.ts";
import { valueText } from "./value_text.ts";

/** One question of an exam: a situation that the broker decides. */
export interface Situation {
  /** Makes the situation, and returns what came of it. */
  run: () => unknown;
  /** Where it is taught: "notebook 09, round 2". */
  taught: string;
}

/** How long one situation may take. */
const DEADLINE_MS = 60_000;

/**
 * Runs the situations of an exam on the broker, one after another, and compares
 * what came of them with the reader's answers. A question without an answer is
 * not run. A situation that fails is not held against the reader.
 *
 * @param name The exam's name, as in the tags of its cells: "exam-part-1".
 * @param answers The reader's answers by question; `undefined`, or a question that is left out, is none yet.
 * @param situations The situations by question.
 * @throws {TypeError} If a question has no situation.
 * @throws {InterruptedError} If the Stop button was pressed.
 *
 * @example Usage
 * ```ts
 * // Shows "1 of 2 right. Not answered yet, so not run: idle."
 * await exam("exam-part-1", { partitions: 3, idle: undefined }, {
 *   partitions: { run: () => 3, taught: "notebook 04, round 1" },
 *   idle: { run: () => 2, taught: "notebook 09, round 2" },
 * });
 * ```
 */
export async function exam<Question extends string>(
  name: string,
  answers: Record<Question, unknown>,
  situations: Record<Question, Situation>,
): Promise<void> {
  for (const question of Object.keys(answers)) {
    if (Object.hasOwn(situations, question)) continue;
    throw new TypeError(
      `Cannot hold the exam as it has no situation for "${question}"`,
    );
  }
  const questions = Object.keys(situations) as Question[];
  const lines: string[] = [];
  let right = 0;
  for (const question of questions) {
    const answer = answers[question];
    if (answer === undefined) continue;
    const verdict = await decide(situations[question], answer);
    if (verdict === undefined) right++;
    else lines.push(`${question}: ${verdict}`);
  }
  const open = questions.filter((each) => answers[each] === undefined);
  const isPassed = right === questions.length;
  noteExercise(name, { isSolved: isPassed });
  if (open.length > 0) {
    lines.push(`Not answered yet, so not run: ${open.join(", ")}.`);
  }
  show(exerciseOutput(name, isPassed ? "solved" : "not yet", {
    why: [`${right} of ${questions.length} right.`, ...lines].join("\n"),
  }));
}

/** Why an answer is wrong, or `undefined` if it is right. */
async function decide(
  { run, taught }: Situation,
  answer: unknown,
): Promise<string | undefined> {
  try {
    const outcome = await within((async () => await run())(), {
      deadlineMs: DEADLINE_MS,
      what: "its outcome",
    });
    if (agrees(outcome, answer)) return undefined;
    return `you said ${valueText(answer)}, and it was ${
      valueText(outcome)
    } (${taught}).`;
  } catch (error) {
    // Stop ends the exam, not one of its questions.
    if (error instanceof InterruptedError) throw error;
    return `the situation could not be made, which says nothing about your answer: ${
      error instanceof Error ? error.message : error
    }`;
  }
}
