import type { Learner } from "lib/notebook/learner.ts";
import {
  isRunnable,
  listNotebooks,
  notebookName,
  readNotebook,
  textOf,
} from "../notebooks/document.ts";
import { exercisesOf } from "../notebooks/exercises.ts";
import { statedClaims } from "../notebooks/stated_claims.ts";
import { type CopyFolders, FOLDERS } from "./copies.ts";

/** How many of how many. */
export interface Share {
  done: number;
  of: number;
}

/** How far a learner is with one notebook. */
export interface NotebookProgress {
  /** Its file's name without the ending: "04_keys_and_partitions". */
  name: string;
  /** Its title, without its number. */
  title: string;
  /** Claims that have held at some time. */
  claims: Share;
  /** Predictions that were made and measured. */
  predictions: Share;
  /** How many of those were right. */
  right: number;
  /** Exercises that were solved. */
  exercises: Share;
  /** The first exercise that is not solved. */
  nextExercise?: string;
  /** When something was noted last, in milliseconds since 1970; 0 for never. */
  touchedMs: number;
}

const PREDICTION = /\bpredict\(\s*"(\d\d\/[a-z0-9-]+)"/g;

/**
 * Reads how far the learner is.
 *
 * @param folders Other folders than the project's.
 * @returns One entry for each notebook, in reading order.
 */
export async function readProgress(
  folders: CopyFolders = FOLDERS,
): Promise<NotebookProgress[]> {
  return await Promise.all(
    (await listNotebooks(folders.originals)).map(async (path) => {
      const name = notebookName(path);
      const { cells } = await readNotebook(path);
      const code = cells.filter(isRunnable)
        .map(({ source }) => textOf(source)).join("\n");
      const claims = new Set(statedClaims(code));
      const predictions = new Set(
        [...code.matchAll(PREDICTION)].map(([, id]) => id!),
      );
      const exercises = exercisesOf(cells).complete.map(({ name }) => name);
      const { notes, touchedMs } = notesOf(folders.copies, name.slice(0, 2));
      const judged = Object.entries(notes.predictions)
        .filter(([id, { isRight }]) =>
          predictions.has(id) && isRight !== undefined
        );
      const isOpen = (exercise: string) => !notes.exercises[exercise]?.isSolved;
      return {
        name,
        title: titleOf(textOf(cells[0]?.source)),
        claims: {
          done: notes.claims.filter((id) => claims.has(id)).length,
          of: claims.size,
        },
        predictions: { done: judged.length, of: predictions.size },
        right: judged.filter(([, { isRight }]) => isRight).length,
        exercises: {
          done: exercises.filter((each) => !isOpen(each)).length,
          of: exercises.length,
        },
        nextExercise: exercises.find(isOpen),
        touchedMs,
      };
    }),
  );
}

/** What to do next, and in which notebook. */
export interface NextStep {
  notebook: NotebookProgress;
  /** A sentence: "Solve the exercise spread." */
  step: string;
}

/**
 * Finds where the learner left off: the notebook that was worked in last, if
 * something in it is still to do, else the first that has something to do.
 *
 * @param notebooks What {@linkcode readProgress} has read.
 * @returns The next step, or `undefined` if everything is done.
 */
export function nextStep(notebooks: NotebookProgress[]): NextStep | undefined {
  const last = notebooks.filter(({ touchedMs }) => touchedMs > 0)
    .sort((a, b) => b.touchedMs - a.touchedMs)[0];
  const order = last === undefined ? notebooks : [
    ...notebooks.slice(notebooks.indexOf(last)),
    ...notebooks.slice(0, notebooks.indexOf(last)),
  ];
  for (const notebook of order) {
    const { claims, nextExercise } = notebook;
    if (claims.done === 0) return { notebook, step: "Begin." };
    if (claims.done < claims.of) {
      return {
        notebook,
        step: `Go on: ${claims.done} of ${claims.of} claims have held.`,
      };
    }
    if (nextExercise !== undefined) {
      return { notebook, step: `Solve the exercise ${nextExercise}.` };
    }
  }
}

/** Adds up one figure of all notebooks. */
export function sum(
  notebooks: NotebookProgress[],
  figure: "claims" | "predictions" | "exercises",
): Share {
  return {
    done: notebooks.reduce((sum, each) => sum + each[figure].done, 0),
    of: notebooks.reduce((sum, each) => sum + each[figure].of, 0),
  };
}

function notesOf(
  folder: string,
  number: string,
): { notes: Learner; touchedMs: number } {
  const nothing: Learner = { predictions: {}, exercises: {}, claims: [] };
  const path = `${folder}/.progress/${number}.json`;
  try {
    const notes = { ...nothing, ...JSON.parse(Deno.readTextFileSync(path)) };
    return { notes, touchedMs: Deno.statSync(path).mtime?.getTime() ?? 0 };
  } catch {
    return { notes: nothing, touchedMs: 0 };
  }
}

function titleOf(firstCell: string): string {
  const [line = ""] = firstCell.split("\n");
  return line.replace(/^#\s*/, "").replace(/^\d\d\s*[·.:–-]?\s*/, "");
}
