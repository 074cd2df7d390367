import { difference } from "./difference.ts";
import { escapeHtml, Output, show } from "./display.ts";
import { judge, type Judgement, notebookOf } from "./prediction.ts";
import { keepNotes, notesOf } from "./learner.ts";
import { vacuousPart } from "./vacuous_pattern.ts";
import { valueText } from "./value_text.ts";

/** A pattern for a measured value: plain objects may name only the keys that matter. */
export type DeepPartial<T> = T extends
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Date
  | RegExp
  | Error
  | Uint8Array
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown> ? T
  : T extends readonly (infer Item)[] ? readonly DeepPartial<Item>[]
  : T extends object ? { [Key in keyof T]?: DeepPartial<T[Key]> }
  : T;

const MOST_VALUES = 12;

/**
 * A statement about Kafka that the broker in front of us did not confirm.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * const error = assertThrows(
 *   () => claim("14/none-lost", "Nothing was lost", { lost: 2 }, { lost: 0 }),
 *   ClaimError,
 * );
 * assertThrows(() => { throw error; }, ClaimError, "differs: .lost is 2, expected 0");
 * ```
 */
export class ClaimError extends Error {
  /** The claim's identifier. */
  readonly id: string;
  /** The statement that was claimed. */
  readonly statement: string;
  /** The value that was measured. */
  readonly measured: unknown;
  /** The value, pattern or rule it had to meet. */
  readonly expected: unknown;

  /**
   * Says in one message what was claimed, measured and expected.
   *
   * @param id The claim's identifier.
   * @param statement The statement.
   * @param measured The value that was measured.
   * @param expected The value, pattern or rule it had to meet.
   * @param differs The first place where they differ, if one can be named.
   */
  constructor(
    id: string,
    statement: string,
    measured: unknown,
    expected: unknown,
    differs: string | undefined,
  ) {
    const lines = [
      statement,
      `  measured: ${valueText(measured)}`,
      `  expected: ${
        typeof expected === "function"
          ? ruleText(expected)
          : valueText(expected)
      }`,
    ];
    if (differs !== undefined) lines.push(`  differs: ${differs}`);
    lines.push(`  claim: ${id}`);
    super(lines.join("\n"));
    this.name = "ClaimError";
    this.id = id;
    this.statement = statement;
    this.measured = measured;
    this.expected = expected;
    // The page marks the cell; the way through this file is of no use to a reader.
    this.stack = `ClaimError: ${this.message}`;
  }
}

/** Options for {@linkcode claim}. */
export interface ClaimOptions {
  /** What the claim's prediction is compared with. By default what was measured. */
  answer?: unknown;
  /**
   * What the statement is about. A tick for our own code looks different from
   * one that the broker gave. "Kafka" by default; clients count as Kafka.
   */
  about?: "Kafka" | "our code";
}

/** The MIME type under which a claim that held is published, for those who collect claims. */
export const CLAIM_MIME = "application/vnd.kafka-notebooks.claim+json";

/**
 * States something about Kafka and checks it against what was measured. If it
 * holds, the statement and the measured values are shown with a tick; if not,
 * the cell fails, and so does a run of the whole notebook.
 *
 * An expected plain object names only the keys that matter. Everything else is
 * compared deeply and strictly: `12n` is not `12`, and arrays have the same
 * length. A function is a rule: it must return `true`.
 *
 * @param id The claim's identifier, which never changes: the notebook's number and a short name.
 * @param statement What is claimed, as a sentence.
 * @param measured The value the broker or the experiment gave.
 * @param expected The value, the pattern, or the rule it must meet.
 * @param options What a prediction is compared with, and whether it is about Kafka at all.
 * @throws {ClaimError} If the measured value does not meet what is expected.
 * @throws {TypeError} If a part of what is expected could not fail, such as `{}`, or a rule returns
 *   neither `true` nor `false`, or `id` is not an identifier.
 *
 * @example A pattern
 * ```ts
 * claim("14/none-lost", "Nothing was lost", { sent: 12, readable: 12, lost: 0 }, { lost: 0 });
 * ```
 *
 * @example A rule
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * claim("04/one-empty", "Some partition is empty", [8, 4, 0], (counts) => counts.includes(0));
 * assertThrows(
 *   () => claim("01/second-read", "The second read gets nothing", 3, 0),
 *   ClaimError,
 *   "measured: 3",
 * );
 * ```
 */
export function claim<T>(
  id: string,
  statement: string,
  measured: T,
  expected: NoInfer<DeepPartial<T>>,
  options?: ClaimOptions,
): void;
/**
 * States something about Kafka and checks it by a rule. What is shown, and what
 * fails, is as for a value or a pattern.
 *
 * @param id The claim's identifier, which never changes: the notebook's number and a short name.
 * @param statement What is claimed, as a sentence.
 * @param measured The value the broker or the experiment gave.
 * @param rule Returns `true` if the statement holds for the value, else `false`. A claim that fails shows the rule's source.
 * @param options What a prediction is compared with, and whether it is about Kafka at all.
 * @throws {ClaimError} If the rule returns `false`.
 * @throws {TypeError} If it returns neither `true` nor `false`, or `id` is not an identifier.
 */
export function claim<T>(
  id: string,
  statement: string,
  measured: T,
  rule: (measured: T) => boolean,
  options?: ClaimOptions,
): void;
export function claim(
  id: string,
  statement: string,
  measured: unknown,
  expected: unknown,
  options: ClaimOptions = {},
): void {
  const notebook = notebookOf(id);
  const vacuous = vacuousPart(measured, expected);
  if (vacuous !== undefined) {
    throw new TypeError(
      `Cannot claim "${statement}" as ${vacuous}: such a claim cannot fail`,
    );
  }
  if (typeof expected === "function") {
    const verdict: unknown = (expected as (measured: unknown) => unknown)(
      measured,
    );
    if (typeof verdict !== "boolean") {
      throw new TypeError(
        `Cannot claim "${statement}" as its rule must return true or false: it returned ${
          valueText(verdict)
        }`,
      );
    }
    if (!verdict) {
      throw new ClaimError(id, statement, measured, expected, undefined);
    }
  } else {
    const differs = difference(measured, expected);
    if (differs !== undefined) {
      throw new ClaimError(id, statement, measured, expected, differs);
    }
  }
  const { about = "Kafka", answer = measured } = options;
  const notes = notesOf(notebook);
  if (!notes.claims.includes(id)) notes.claims.push(id);
  keepNotes(notebook);
  const judgement = judge(id, answer);
  show(claimOutput(id, statement, measured, { about, judgement }));
}

/** What {@linkcode claimOutput} draws beside the claim. */
export interface ClaimOutputOptions {
  /** What the statement is about. */
  about?: "Kafka" | "our code";
  /** The reader's prediction, if there was one. */
  judgement?: Judgement;
}

/**
 * Draws a claim that holds: tick, statement, the measured values, and what the
 * reader predicted.
 *
 * @param id The claim's identifier.
 * @param statement What is claimed.
 * @param measured The value that was measured; of an object or a map the first 12 entries.
 * @param options What it is about, and the prediction.
 * @returns An output.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   String(claimOutput("14/none-lost", "Nothing was lost", { lost: 0 })),
 *   "✓ Nothing was lost\n  lost = 0",
 * );
 * ```
 */
export function claimOutput(
  id: string,
  statement: string,
  measured: unknown,
  { about = "Kafka", judgement }: ClaimOutputOptions = {},
): Output {
  const values = measuredValues(measured);
  const text = values.map(([name, value]) =>
    name === "" ? value : `${name} = ${value}`
  );
  const html = values.map(([name, value]) =>
    `<span style="white-space: nowrap">${
      name === "" ? "" : `${escapeHtml(name)} = `
    }` +
    `<code>${escapeHtml(value)}</code></span>`
  );
  const isOurs = about === "our code";
  const [tick, colour] = isOurs ? ["✓ our code:", "#6e7781"] : ["✓", "#2e9e5b"];
  const verdict = judgement &&
    `you predicted ${judgement.predicted} ${judgement.isRight ? "✓" : "✗"}`;
  return new Output({
    "text/plain": [
      `${tick} ${statement}`,
      ...(text.length > 0 ? [`  ${text.join(", ")}`] : []),
      ...(verdict ? [`  ${verdict}`] : []),
    ].join("\n"),
    "text/html":
      `<div style="border-left: 4px ${
        isOurs ? "dotted" : "solid"
      } ${colour}; padding: 0.15em 0 0.15em 0.75em">` +
      `<div><b style="color: ${colour}">${tick}</b> ${
        escapeHtml(statement)
      }</div>` +
      (html.length > 0 ? `<div>${html.join(" &nbsp; ")}</div>` : "") +
      (verdict
        ? `<div><b style="color: ${
          judgement.isRight ? "#2e9e5b" : "#c77700"
        }">${escapeHtml(verdict)}</b></div>`
        : "") +
      `</div>`,
    [CLAIM_MIME]: { id, statement, about, measured: valueText(measured) },
  });
}

function measuredValues(measured: unknown): [name: string, value: string][] {
  const room = { maxLength: 160 };
  const entries = measured instanceof Map
    ? [...measured].map((
      [key, value],
    ) => [typeof key === "string" ? key : valueText(key, room), value])
    : isPlainObject(measured)
    ? Object.entries(measured)
    : [["", measured]];
  const shown = entries.slice(0, MOST_VALUES).map((
    [name, value],
  ): [string, string] => [name, valueText(value, room)]);
  const rest = entries.length - shown.length;
  return rest > 0 ? [...shown, ["", `… and ${rest} more`]] : shown;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** A rule is shown as its source, without the line breaks and types of the cell. */
function ruleText(rule: unknown): string {
  return String(rule).replaceAll(/\s+/g, " ");
}
