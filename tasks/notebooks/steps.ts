import { isRunnable, type NotebookDocument, textOf } from "./document.ts";
import type { Exercise } from "./exercises.ts";

/** One piece of code that a run sends to the kernel. */
export interface Step {
  /** The index of the cell that it belongs to. */
  cell: number;
  code: string;
  /** Whether its outputs are the notebook's; those of a proof are not. */
  kept: boolean;
  /** The exercise that the step proves to be solvable, if any. */
  proves?: Exercise;
  /** What the step must report, if it is an exercise's check. */
  expected?: { exercise: Exercise; state: "not yet" | "solved" };
}

/**
 * The steps of a run in order: with `solutions` each stub is replaced by its
 * solution, without each check runs unsolved and then solved.
 */
export function planSteps(
  document: NotebookDocument,
  exercises: Exercise[],
  { solutions }: { solutions: boolean },
): Step[] {
  return document.cells.flatMap((cell, index): Step[] => {
    if (!isRunnable(cell)) {
      return [];
    }
    const code = textOf(cell.source);
    const stubOf = exercises.find(({ stub }) => stub === index);
    const checkOf = exercises.find(({ check }) => check === index);
    if (checkOf !== undefined) {
      return solutions
        ? [solvedCheck(checkOf, code, { kept: true })]
        : proof(document, checkOf, code);
    }
    return [{
      cell: index,
      code: solutions && stubOf !== undefined ? stubOf.solutionCode : code,
      kept: true,
    }];
  });
}

/**
 * The check unsolved, then solved. Then the stub once more, so that later cells
 * meet what they meet in the kernel of a learner who has no answer yet.
 */
function proof(
  document: NotebookDocument,
  exercise: Exercise,
  checkCode: string,
): Step[] {
  const { stub, check, solution, solutionCode } = exercise;
  return [
    {
      cell: check,
      code: checkCode,
      kept: true,
      expected: { exercise, state: "not yet" },
    },
    { cell: solution, code: solutionCode, kept: false, proves: exercise },
    {
      ...solvedCheck(exercise, checkCode, { kept: false }),
      proves: exercise,
    },
    { cell: stub, code: textOf(document.cells[stub]!.source), kept: false },
  ];
}

function solvedCheck(
  exercise: Exercise,
  code: string,
  { kept }: { kept: boolean },
): Step {
  return {
    cell: exercise.check,
    code,
    kept,
    expected: { exercise, state: "solved" },
  };
}
