/**
 * What is kept of a learner from one run of a notebook to the next: predictions,
 * exercises solved, hints shown. It is kept only in a learner's own copies,
 * which lie in a folder with a `.progress` folder beside them; the notebooks of
 * the repository remember nothing.
 */
export interface Learner {
  /** What was predicted, by claim. */
  predictions: Record<string, PredictionNote>;
  /** How far each exercise is, by name. */
  exercises: Record<string, ExerciseNote>;
  /** The claims that have held, at any time. */
  claims: string[];
}

/** A prediction and what became of it. */
export interface PredictionNote {
  /** The value, as text. */
  predicted: string;
  /** Whether the measurement agreed; absent until there was one. */
  isRight?: boolean;
}

/** An exercise's state. */
export interface ExerciseNote {
  /** Whether an answer was ever accepted. */
  isSolved: boolean;
  /** How many hints have been shown. */
  hints: number;
}

/** Where the notes of all notebooks lie, beside the learner's copies. */
const PROGRESS_FOLDER = ".progress";

const known = new Map<string, Learner>();
let current = "00";

/**
 * What is known of the learner of a notebook.
 *
 * @param notebook The notebook's number: "04".
 * @returns The notes. They are kept by {@linkcode keepNotes}.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(notesOf("04").exercises, {});
 * ```
 */
export function notesOf(notebook: string): Learner {
  let notes = known.get(notebook);
  if (notes === undefined) known.set(notebook, notes = read(notebook));
  return notes;
}

/**
 * Keeps what is known of the learner of a notebook, where it is a learner's
 * own copy. A folder that cannot be written is no reason to fail a cell.
 *
 * @param notebook The notebook's number: "04".
 *
 * @example Usage
 * ```ts
 * notesOf("04").exercises["spread"] = { isSolved: true, hints: 0 };
 * keepNotes("04"); // nothing happens here: this is not a learner's copy
 * ```
 */
export function keepNotes(notebook: string): void {
  if (!isLearnersCopy()) return;
  const path = pathOf(notebook);
  const aside = `${path}.${crypto.randomUUID()}`;
  try {
    const text = JSON.stringify(notesOf(notebook), undefined, 2);
    Deno.writeTextFileSync(aside, `${text}\n`);
    Deno.renameSync(aside, path);
  } catch (error) {
    console.warn(`Your progress could not be saved to ${path}: ${error}`);
  }
}

/**
 * Says which notebook this kernel runs, so that its exercises are noted there.
 *
 * @param notebook The notebook's number: "04".
 *
 * @example Usage
 * ```ts
 * enterNotebook("04");
 * ```
 */
export function enterNotebook(notebook: string): void {
  current = notebook;
}

/**
 * What is known of an exercise of the notebook that this kernel runs.
 *
 * @param name The exercise's name, as in the tags of its cells.
 * @returns Its state.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(exerciseNote("spread"), { isSolved: false, hints: 0 });
 * ```
 */
export function exerciseNote(name: string): ExerciseNote {
  return notesOf(current).exercises[name] ?? { isSolved: false, hints: 0 };
}

/**
 * Notes how far an exercise is. One that was solved once stays solved.
 *
 * @param name The exercise's name.
 * @param note What has changed.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * noteExercise("spread", { hints: 1 });
 * assertEquals(exerciseNote("spread").hints, 1);
 * ```
 */
export function noteExercise(
  name: string,
  note: Partial<ExerciseNote>,
): void {
  const before = exerciseNote(name);
  notesOf(current).exercises[name] = {
    isSolved: before.isSolved || (note.isSolved ?? false),
    hints: note.hints ?? before.hints,
  };
  keepNotes(current);
}

/** Reads notes; what is missing or torn counts as nothing known. */
function read(notebook: string): Learner {
  const nothing: Learner = { predictions: {}, exercises: {}, claims: [] };
  if (!isLearnersCopy()) return nothing;
  try {
    return {
      ...nothing,
      ...JSON.parse(Deno.readTextFileSync(pathOf(notebook))),
    };
  } catch {
    return nothing;
  }
}

function isLearnersCopy(): boolean {
  try {
    return Deno.statSync(PROGRESS_FOLDER).isDirectory;
  } catch {
    return false;
  }
}

function pathOf(notebook: string): string {
  return `${PROGRESS_FOLDER}/${notebook}.json`;
}
