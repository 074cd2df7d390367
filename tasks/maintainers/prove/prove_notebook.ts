import {
  notebookName,
  readNotebook,
  textOf,
} from "../../notebooks/document.ts";
import { exercisesOf } from "../../notebooks/exercises.ts";
import { giveAnswers } from "./give_answers.ts";
import type { Proofs } from "./proofs.ts";
import { runWithWrongSettings } from "./wrong_settings.ts";

/** One thing that was shown, or why it was not. */
export interface Proof {
  title: string;
  problem?: string;
}

/**
 * Shows that each claim of a notebook can fail, and that its exercises' checks
 * refuse wrong answers and take right ones.
 *
 * @param path The notebook.
 * @param proofs Its proofs.
 * @param onProof Told of each proof as soon as it is there.
 * @param signal Ends it.
 */
export async function proveNotebook(
  path: string,
  proofs: Proofs | undefined,
  onProof: (proof: Proof) => void,
  signal?: AbortSignal,
): Promise<void> {
  const name = notebookName(path);
  const add = (what: string, problem?: string) =>
    onProof({ title: `${name}: ${what}`, ...(problem && { problem }) });
  if (proofs === undefined) {
    return add(
      "has proofs",
      `tests/proofs/${name.slice(0, 2)}.ts is missing`,
    );
  }
  const document = await readNotebook(path);
  const { complete: exercises } = exercisesOf(document.cells);
  for (
    const gap of gapsOf(
      document.cells.map(({ source }) => textOf(source)),
      proofs,
    )
  ) {
    add("its proofs are complete", gap);
  }
  for (const { name: exercise } of exercises) {
    const gap = tooFew(exercise, proofs);
    if (gap) add("its proofs are complete", gap);
  }
  for (const [at, settings] of proofs.runs.entries()) {
    const run = `wrong settings ${at + 1} of ${proofs.runs.length}`;
    try {
      const { failed, others } = await runWithWrongSettings(
        path,
        document,
        settings,
        signal,
      );
      for (const other of others) {
        add(run, `a cell failed that is no claim: ${other}`);
      }
      const expected: Record<string, string> = Object.assign(
        {},
        ...settings.map(({ breaks }) => breaks),
      );
      for (const [id, part] of Object.entries(expected)) {
        const found = failed.find((each) => each.id === id);
        add(
          `${id} can fail`,
          found === undefined
            ? "it held"
            : found.measured.includes(part)
            ? undefined
            : `it does not say ${part}:\n${found.measured}`,
        );
      }
      const more = failed.filter(({ id }) => !(id in expected));
      for (const { measured } of more) {
        add(run, `one more claim failed: ${measured}`);
      }
    } catch (error) {
      signal?.throwIfAborted();
      add(run, (error as Error).message);
    }
  }
  if (exercises.length === 0) return;
  try {
    const judged = await giveAnswers(
      path,
      document,
      exercises,
      proofs.answers,
      signal,
    );
    for (const { title, problem } of judged) add(title, problem);
  } catch (error) {
    signal?.throwIfAborted();
    add("Run All, then the exercises", (error as Error).message);
  }
}

/** Claims that no run breaks and no reason excuses, and names that are none of the notebook's. */
function gapsOf(sources: string[], { runs, unbroken = {} }: Proofs): string[] {
  const claims = [...sources.join("\n").matchAll(/^ *claim\(\s*"([^"]+)"/gm)]
    .map(([, id]) => id!);
  const named = [
    ...runs.flat().flatMap(({ breaks }) => Object.keys(breaks)),
    ...Object.keys(unbroken),
  ];
  return [
    ...claims.filter((id) => !named.includes(id))
      .map((id) => `nothing breaks ${id}`),
    ...named.filter((id) => !claims.includes(id))
      .map((id) => `the notebook does not claim ${id}`),
  ];
}

function tooFew(exercise: string, { answers }: Proofs): string | undefined {
  const { wrong = [], right = [] } = answers[exercise] ?? {};
  const [least, leastRight] = exercise.startsWith("exam-") ? [1, 0] : [3, 1];
  return wrong.length >= least && right.length >= leastRight
    ? undefined
    : `exercise ${exercise} has ${wrong.length} wrong and ${right.length} right answers: at least ${least} and ${leastRight} are wanted`;
}
