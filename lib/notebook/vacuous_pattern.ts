import { pathPart } from "./difference.ts";
import { valueText } from "./value_text.ts";

/**
 * Finds the part of a pattern that no measured value of its kind could fail,
 * by the rules of {@linkcode difference}:
 *
 * - an object that names no key, such as `{}` in `{ lag: {} }`, unless the
 *   measured one is empty, too: then it says that there is nothing;
 * - `undefined` under a key that the measured object does not have, as a
 *   misspelt one: `{ ofset: undefined }`;
 * - an object whose content cannot be compared, such as a promise;
 * - the measured object itself.
 *
 * @param measured The value that was measured.
 * @param expected The value or pattern it must have.
 * @returns A clause that names the first such part, or `undefined` if each can fail.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(vacuousPart({ lag: { max: 3 } }, { lag: { max: 0 } }), undefined);
 * assertEquals(
 *   vacuousPart({ lag: { max: 3 } }, { lag: {} }),
 *   "the expected {} at .lag names no key",
 * );
 * ```
 */
export function vacuousPart(
  measured: unknown,
  expected: unknown,
): string | undefined {
  if (expected === undefined && measured !== undefined) {
    return "what is expected is undefined";
  }
  if (isObject(expected) && expected === measured) {
    return "the measured value is compared with itself";
  }
  return find(measured, expected, "", []);
}

function find(
  measured: unknown,
  expected: unknown,
  path: string,
  parents: object[],
): string | undefined {
  if (!isObject(expected) || parents.includes(expected)) return undefined;
  const inside = [...parents, expected];
  if (expected instanceof Set) {
    const others = measured instanceof Set ? [...measured] : [];
    for (const item of expected) {
      // Any of the measured items may be the one that is meant.
      const found = (others.length === 0 ? [undefined] : others).map((other) =>
        find(other, item, `${path || "the set"}'s item`, inside)
      );
      if (found.every((part) => part !== undefined)) return found[0];
    }
    return undefined;
  }
  if (expected instanceof Map) {
    const others = measured instanceof Map ? measured : new Map();
    return first(expected, ([key, value]) => {
      const place = `${path}.get(${valueText(key, { maxLength: 60 })})`;
      return find(others.get(key), value, place, inside);
    });
  }
  if (Array.isArray(expected)) {
    const others = Array.isArray(measured) ? measured : [];
    return first(
      expected.entries(),
      ([index, item]) => find(others[index], item, `${path}[${index}]`, inside),
    );
  }
  if (isComparedWhole(expected)) return undefined;
  return inObject(measured, expected, path, inside);
}

function inObject(
  measured: unknown,
  expected: object,
  path: string,
  inside: object[],
): string | undefined {
  const place = path === "" ? "" : ` at ${path}`;
  if (Object.prototype.toString.call(expected) !== "[object Object]") {
    return `the expected ${nameOf(expected)}${place} cannot be compared`;
  }
  const keys = Object.keys(expected);
  if (keys.length === 0) {
    return isEmpty(measured) && isEmpty(expected)
      ? undefined
      : `the expected ${valueText(expected)}${place} names no key`;
  }
  const others = isObject(measured) ? measured as Record<string, unknown> : {};
  return first(keys, (key) => {
    const value = (expected as Record<string, unknown>)[key];
    const there = `${path}${pathPart(key)}`;
    return value === undefined && isObject(measured) && !(key in others)
      ? `${there} is expected to be undefined, and the measured value has no such key`
      : find(others[key], value, there, inside);
  });
}

/** What `difference()` compares by its content, of which nothing is left out. */
function isComparedWhole(value: object): boolean {
  return value instanceof Date || value instanceof RegExp ||
    value instanceof Error || value instanceof ArrayBuffer ||
    (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** A plain object without any property: a class may keep its content out of sight. */
function isEmpty(value: unknown): boolean {
  if (!isObject(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) &&
    Reflect.ownKeys(value).length === 0;
}

function nameOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

function first<T>(
  items: Iterable<T>,
  part: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const found = part(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
