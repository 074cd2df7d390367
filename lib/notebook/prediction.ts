import { difference } from "./difference.ts";
import { escapeHtml, Output, show } from "./display.ts";
import { keepNotes, notesOf } from "./learner.ts";
import { valueText } from "./value_text.ts";

/** How a prediction is compared with what is measured. */
export interface PredictOptions {
  /** A number counts as right if it is no further away than this. By default it must be equal. */
  within?: number;
  /** The words to choose from; anything else is refused. */
  oneOf?: readonly string[];
}

interface Prediction extends PredictOptions {
  value: unknown;
}

const predictions = new Map<string, Prediction>();

/** A claim's identifier: the notebook's number and a short name, `"14/acks-1"`. */
const CLAIM_ID = /^(\d{2})\/[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * The number of the notebook that an identifier names.
 *
 * @param id The identifier: "14/acks-1".
 * @returns The notebook's number: "14".
 * @throws {TypeError} If it is not an identifier.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(notebookOf("14/acks-1"), "14");
 * ```
 */
export function notebookOf(id: string): string {
  const notebook = CLAIM_ID.exec(id)?.[1];
  if (notebook === undefined) {
    throw new TypeError(
      `Cannot use "${id}" as a claim's identifier: it must be the notebook's number and a short name in lower case, such as "14/acks-1"`,
    );
  }
  return notebook;
}

/**
 * Notes what the reader expects, before the experiment. The claim of the same
 * identifier shows it beside the measurement. A cell whose `undefined` was left
 * alone predicts nothing, and the notebook goes on.
 *
 * @param id The identifier of the claim that answers it: "14/acks-1".
 * @param value What the reader expects, or `undefined`.
 * @param options How it is compared: equal by default.
 * @throws {TypeError} If it is not one of the words, or not a number where a tolerance is given.
 *
 * @example Usage
 * ```ts
 * predict("04/partitions-used", 3);
 * predict("06/requests", 40, { within: 5 });
 * predict("14/lost", undefined, { oneOf: ["none", "some", "all"] });
 * ```
 */
export function predict(
  id: string,
  value: unknown,
  options: PredictOptions = {},
): void {
  notebookOf(id);
  predictions.delete(id);
  if (value === undefined) {
    return show(note(
      "Not predicted yet: write what you expect in place of <code>undefined</code>, and run this cell again.",
    ));
  }
  const { oneOf, within } = options;
  if (oneOf !== undefined && !oneOf.includes(value as string)) {
    throw new TypeError(
      `Cannot predict ${valueText(value)}: it must be one of ${
        oneOf.map((word) => valueText(word)).join(", ")
      }`,
    );
  }
  if (within !== undefined && typeof value !== "number") {
    throw new TypeError(
      `Cannot predict ${valueText(value)}: it must be a number`,
    );
  }
  predictions.set(id, { value, ...options });
  show(note(`You predict <b>${escapeHtml(valueText(value))}</b>.`));
}

/** A prediction beside its measurement. */
export interface Judgement {
  /** The prediction, as text. */
  predicted: string;
  /** Whether the measurement agreed. */
  isRight: boolean;
}

/**
 * Compares what was predicted for a claim with what was measured, and notes it.
 *
 * @param id The claim's identifier.
 * @param measured The measured value that answers the prediction.
 * @returns The judgement, or `undefined` if nothing was predicted.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * predict("04/partitions-used", 3);
 * assertEquals(judge("04/partitions-used", 2), { predicted: "3", isRight: false });
 * ```
 */
export function judge(id: string, measured: unknown): Judgement | undefined {
  const prediction = predictions.get(id);
  if (prediction === undefined) return undefined;
  const { value, within } = prediction;
  const isRight = within === undefined
    ? agrees(measured, value)
    : Math.abs(Number(measured) - Number(value)) <= within;
  const predicted = valueText(value);
  const notebook = notebookOf(id);
  notesOf(notebook).predictions[id] = { predicted, isRight };
  keepNotes(notebook);
  return { predicted, isRight };
}

/**
 * How many of a notebook's predictions were made in this kernel, and how many
 * of those were right.
 *
 * @param notebook The notebook's number.
 * @returns A sentence, or `undefined` if nothing was predicted.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * predict("05/busiest", 7);
 * judge("05/busiest", 7);
 * assertEquals(predictionsOf("05"), "You made 1 prediction: it was right.");
 * ```
 */
export function predictionsOf(notebook: string): string | undefined {
  const ids = [...predictions.keys()].filter((id) =>
    notebookOf(id) === notebook
  );
  const judged = ids.map((id) => notesOf(notebook).predictions[id])
    .filter((note) => note?.isRight !== undefined);
  if (judged.length === 0) return undefined;
  const right = judged.filter((note) => note!.isRight).length;
  return judged.length === 1
    ? `You made 1 prediction: it was ${right === 1 ? "right" : "wrong"}.`
    : `You made ${judged.length} predictions: ${
      right === 0 ? "none" : right === judged.length ? "all" : right
    } of them ${right === 1 ? "was" : "were"} right.`;
}

/**
 * Whether an answer is what was measured. Nobody who answers 3 means to tell it
 * from 3n, so whole numbers count by their value.
 *
 * @param measured What was measured.
 * @param answer What the reader said.
 * @returns Whether they are the same.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 *
 * assert(agrees([3n, 4n], [3, 4]));
 * assert(!agrees({ lost: 0, twice: 1 }, { lost: 0 }));
 * ```
 */
export function agrees(measured: unknown, answer: unknown): boolean {
  const [left, right] = [plain(measured), plain(answer)];
  return difference(left, right) === undefined &&
    difference(right, left) === undefined;
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (Object.getPrototypeOf(value ?? 0) === Object.prototype) {
    return Object.fromEntries(
      Object.entries(value as object).map(([key, each]) => [key, plain(each)]),
    );
  }
  return value;
}

function note(html: string): Output {
  return new Output({
    "text/plain": html.replaceAll(/<[^>]+>/g, "")
      .replaceAll("&lt;", "<").replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"').replaceAll("&#39;", "'")
      .replaceAll("&amp;", "&"),
    "text/html":
      `<div style="border-left: 4px solid #6e7781; padding: 0.15em 0 0.15em 0.75em">${html}</div>`,
  });
}
