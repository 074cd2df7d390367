import { valueText } from "./value_text.ts";

/**
 * Compares a measured value with an expected one and names the first place
 * where they differ. An expected plain object is a pattern: only the keys it
 * names are compared. Everything else is compared whole and strictly, so that
 * `1` is not `1n`, and an array must have exactly the expected length.
 *
 * @param measured The value that was measured.
 * @param expected The value or pattern it must have.
 * @returns What differs and where, or `undefined` if nothing does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(difference({ sent: 5, lost: 0 }, { lost: 0 }), undefined);
 * assertEquals(difference({ sent: 5, lost: 2 }, { lost: 0 }), ".lost is 2, expected 0");
 * ```
 */
export function difference(
  measured: unknown,
  expected: unknown,
): string | undefined {
  return compare(measured, expected, "");
}

function compare(
  measured: unknown,
  expected: unknown,
  path: string,
): string | undefined {
  if (Object.is(measured, expected)) return undefined;
  // Nobody who expects 0 means to tell it from -0.
  if (measured === 0 && expected === 0) return undefined;
  const differs = `${path || "the value"} is ${
    valueText(measured, { maxLength: 120 })
  }, expected ${valueText(expected, { maxLength: 120 })}`;
  if (!isObject(measured) || !isObject(expected)) return differs;
  if (kindOf(measured) !== kindOf(expected)) return differs;
  if (measured instanceof Date || measured instanceof RegExp) {
    return String(valueText(measured)) === valueText(expected)
      ? undefined
      : differs;
  }
  if (measured instanceof Error) {
    const other = expected as Error;
    return measured.name === other.name && measured.message === other.message
      ? undefined
      : differs;
  }
  if (measured instanceof Map) {
    return compareMaps(measured, expected as Map<unknown, unknown>, path);
  }
  if (measured instanceof Set) {
    return compareSets(measured, expected as Set<unknown>, path);
  }
  if (measured instanceof ArrayBuffer) {
    return compareLists(
      new Uint8Array(measured),
      new Uint8Array(expected as ArrayBuffer),
      path,
    );
  }
  if (Array.isArray(measured) || ArrayBuffer.isView(measured)) {
    return compareLists(
      measured as ArrayLike<unknown>,
      expected as ArrayLike<unknown>,
      path,
    );
  }
  for (const key of Object.keys(expected)) {
    const part = compare(
      (measured as Record<string, unknown>)[key],
      (expected as Record<string, unknown>)[key],
      `${path}${pathPart(key)}`,
    );
    if (part !== undefined) return part;
  }
  return undefined;
}

function compareLists(
  measured: ArrayLike<unknown>,
  expected: ArrayLike<unknown>,
  path: string,
): string | undefined {
  const shared = Math.min(measured.length, expected.length);
  for (let index = 0; index < shared; index++) {
    const part = compare(measured[index], expected[index], `${path}[${index}]`);
    if (part !== undefined) return part;
  }
  if (measured.length === expected.length) return undefined;
  return `${path}.length is ${measured.length}, expected ${expected.length}`;
}

function compareMaps(
  measured: Map<unknown, unknown>,
  expected: Map<unknown, unknown>,
  path: string,
): string | undefined {
  for (const [key, value] of expected) {
    const part = `${path}.get(${valueText(key, { maxLength: 60 })})`;
    if (!measured.has(key)) {
      return `${part} is missing, expected ${
        valueText(value, { maxLength: 120 })
      }`;
    }
    const found = compare(measured.get(key), value, part);
    if (found !== undefined) return found;
  }
  return measured.size === expected.size
    ? undefined
    : `${path}.size is ${measured.size}, expected ${expected.size}`;
}

function compareSets(
  measured: Set<unknown>,
  expected: Set<unknown>,
  path: string,
): string | undefined {
  for (const item of expected) {
    if (measured.has(item)) continue;
    if ([...measured].some((other) => compare(other, item, "") === undefined)) {
      continue;
    }
    return `${path || "the set"} lacks ${valueText(item, { maxLength: 120 })}`;
  }
  return measured.size === expected.size
    ? undefined
    : `${path}.size is ${measured.size}, expected ${expected.size}`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Buffer and Uint8Array hold the same bytes, and a record from KafkaJS is a Buffer. */
function kindOf(value: object): string {
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Error) return "error";
  return Object.prototype.toString.call(value);
}

/**
 * Writes a key as it stands behind an object in a path.
 *
 * @param key The key.
 * @returns `.lost`, or `["not a name"]`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([pathPart("lost"), pathPart("orders-1")], [".lost", '["orders-1"]']);
 * ```
 */
export function pathPart(key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)
    ? `.${key}`
    : `[${JSON.stringify(key)}]`;
}
