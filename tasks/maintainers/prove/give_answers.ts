import {
  isRunnable,
  type NotebookDocument,
  type Output,
  textOf,
} from "../../notebooks/document.ts";
import type { Exercise } from "../../notebooks/exercises.ts";
import { EXERCISE_TYPE, failureOf } from "../../notebooks/failure.ts";
import { KernelSession } from "../../notebooks/kernel_session.ts";
import type { Answers } from "./proofs.ts";

/** One answer, and why it was not judged as it must be. */
export interface Judged {
  title: string;
  problem?: string;
}

const CELL_TIMEOUT_MS = 120_000;

/**
 * Runs a notebook as a reader does who presses Run All and begins with the
 * exercises afterwards; then gives each exercise its wrong answers, its right
 * ones and its solution.
 *
 * @param path The notebook.
 * @param document Its content.
 * @param exercises Its exercises.
 * @param answers The answers by exercise.
 * @param signal Ends it.
 * @returns Each answer with what was wrong about its judgement.
 * @throws {Error} If the notebook itself does not run.
 */
export async function giveAnswers(
  path: string,
  document: NotebookDocument,
  exercises: Exercise[],
  answers: Record<string, Answers>,
  signal?: AbortSignal,
): Promise<Judged[]> {
  await using session = await KernelSession.start({
    folder: path.replace(/[^/]*$/, "."),
  });
  signal?.addEventListener("abort", () => void session.end(), { once: true });
  const run = (code: string) => {
    signal?.throwIfAborted();
    return session.execute(code, { timeoutMs: CELL_TIMEOUT_MS });
  };
  for (const [cell, { source }] of runnable(document)) {
    const code = textOf(source);
    const failure = await failureOf(
      { cell, code, kept: true },
      await run(code),
    );
    if (failure) throw new Error(`cell ${cell + 1}: ${failure.reason}`);
  }
  const judged: Judged[] = [];
  for (const exercise of exercises) {
    const { name, solutionCode } = exercise;
    const { wrong = [], right = [] } = answers[name] ?? {};
    const check = textOf(document.cells[exercise.check]!.source);
    const all = [
      ...wrong.map((code, at) => ({ code, what: `wrong ${at + 1}` })),
      ...right.map((code, at) => ({ code, what: `right ${at + 1}` })),
      { code: solutionCode, what: "solution" },
    ];
    for (const { code, what } of all) {
      const answer = await run(code);
      const verdict = answer.status === "ok" ? await run(check) : answer;
      const problem = verdict.status === "ok"
        ? problemOf(verdict.outputs, what.startsWith("wrong"))
        : `${verdict.name}: ${verdict.message}`;
      judged.push({ title: `${name}, ${what}`, ...(problem && { problem }) });
    }
    await run(textOf(document.cells[exercise.stub]!.source));
  }
  return judged;
}

function runnable({ cells }: NotebookDocument) {
  return [...cells.entries()].filter(([, cell]) => isRunnable(cell));
}

/** Why a check's report is not what it must be. */
function problemOf(
  outputs: Output[],
  isWrong: boolean,
): string | undefined {
  const report = outputs.map(({ data }) => data?.[EXERCISE_TYPE])
    .find(Boolean) as { state: string; why: string | null } | undefined;
  if (report === undefined) return "the check reported nothing";
  if (!isWrong) {
    return report.state === "solved"
      ? undefined
      : `it was refused: ${report.why}`;
  }
  if (report.state === "solved") return "it passed";
  return report.why?.startsWith("This is not about your answer")
    ? report.why
    : undefined;
}
