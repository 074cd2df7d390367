import { difference } from "./difference.ts";
import { escapeHtml, Output, show } from "./display.ts";
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

/** A statement about Kafka that the broker in front of us did not confirm. */
export class ClaimError extends Error {
  /** The statement that was claimed. */
  readonly statement: string;
  /** The value that was measured. */
  readonly measured: unknown;
  /** The value, pattern or rule it had to meet. */
  readonly expected: unknown;

  /** Says in one message what was claimed, measured and expected. */
  constructor(
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
    super(lines.join("\n"));
    this.name = "ClaimError";
    this.statement = statement;
    this.measured = measured;
    this.expected = expected;
    // The page marks the cell; the way through this file would tell nothing more.
    this.stack = `ClaimError: ${this.message}`;
  }
}

/**
 * States something about Kafka and checks it against what was measured. If it
 * holds, the statement and the measured values are shown with a tick; if not,
 * the cell fails, and so does a run of the whole notebook.
 *
 * An expected plain object names only the keys that matter. Everything else is
 * compared deeply and strictly: `12n` is not `12`, and arrays have the same
 * length. A function is a rule: it must return `true`.
 *
 * @param statement What is claimed, as a sentence.
 * @param measured The value the broker or the experiment gave.
 * @param expected The value, the pattern, or the rule it must meet.
 * @throws {ClaimError} If the measured value does not meet what is expected.
 * @throws {TypeError} If the claim could not fail, such as one that expects `{}`.
 *
 * @example A pattern
 * ```ts
 * claim("Nothing was lost", { sent: 12, readable: 12, lost: 0 }, { lost: 0 });
 * ```
 *
 * @example A rule
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * claim("Some partition is empty", [8, 4, 0], (counts) => counts.includes(0));
 * assertThrows(() => claim("The second read gets nothing", 3, 0), ClaimError, "measured: 3");
 * ```
 */
export function claim<T>(
  statement: string,
  measured: T,
  expected: NoInfer<DeepPartial<T>>,
): void;
export function claim<T>(
  statement: string,
  measured: T,
  rule: (measured: T) => boolean,
): void;
export function claim(
  statement: string,
  measured: unknown,
  expected: unknown,
): void {
  refuseEmptyClaim(statement, measured, expected);
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
      throw new ClaimError(statement, measured, expected, undefined);
    }
  } else {
    const differs = difference(measured, expected);
    if (differs !== undefined) {
      throw new ClaimError(statement, measured, expected, differs);
    }
  }
  show(claimOutput(statement, measured));
}

/** Draws a claim that holds: tick, statement, and the measured values. */
export function claimOutput(statement: string, measured: unknown): Output {
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
  return new Output({
    "text/plain": [
      `✓ ${statement}`,
      ...(text.length > 0 ? [`  ${text.join(", ")}`] : []),
    ].join("\n"),
    "text/html":
      `<div style="border-left: 4px solid #2e9e5b; padding: 0.15em 0 0.15em 0.75em">` +
      `<div><b style="color: #2e9e5b">✓</b> ${escapeHtml(statement)}</div>` +
      (html.length > 0 ? `<div>${html.join(" &nbsp; ")}</div>` : "") + `</div>`,
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

function refuseEmptyClaim(
  statement: string,
  measured: unknown,
  expected: unknown,
): void {
  if (expected === undefined && measured !== undefined) {
    throw new TypeError(
      `Cannot claim "${statement}" as what is expected is undefined`,
    );
  }
  const empty = isPlainObject(expected) && Object.keys(expected).length === 0;
  if (
    empty && !(isPlainObject(measured) && Object.keys(measured).length === 0)
  ) {
    throw new TypeError(
      `Cannot claim "${statement}" as the expected {} names no key: such a claim cannot fail`,
    );
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** A rule is shown as its source, without the line breaks and types of the cell. */
function ruleText(rule: unknown): string {
  return String(rule).replaceAll(/\s+/g, " ");
}
