/** Options for {@linkcode valueText}. */
export interface ValueTextOptions {
  /** The most characters to return; what is cut is marked with "…" (default 400). */
  maxLength?: number;
}

const DEEPEST_LEVEL = 6;

/**
 * Writes a value as one line that a TypeScript developer reads without thinking:
 * like JSON, but with bigint as `42n`, bytes in hexadecimal, and `Map`, `Set`,
 * `Date`, `Error`, `null` and `undefined` as what they are.
 *
 * @param value Any value.
 * @param options How much of it to write.
 * @returns One line of text.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(valueText({ offset: 12n, key: null }), "{ offset: 12n, key: null }");
 * assertEquals(valueText(new TextEncoder().encode("hi")), "bytes[68 69]");
 * ```
 */
export function valueText(
  value: unknown,
  options: ValueTextOptions = {},
): string {
  const { maxLength = 400 } = options;
  const text = write(value, [], maxLength);
  return text.length <= maxLength
    ? text
    : text.slice(0, Math.max(0, maxLength - 1)) + "…";
}

function write(value: unknown, parents: object[], room: number): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") {
    return value.name ? `function ${value.name}` : "function";
  }
  if (typeof value !== "object" || value === null) return String(value);
  if (parents.includes(value)) return "(circular)";
  if (parents.length >= DEEPEST_LEVEL) return "…";
  return writeObject(value, [...parents, value], room);
}

function writeObject(value: object, parents: object[], room: number): string {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  }
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return "Promise (not awaited)";
  if (value instanceof ArrayBuffer) return bytesText(new Uint8Array(value));
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof Map) {
    const entries = listText(
      value,
      ([k, v]) => `${write(k, parents, room)} → ${write(v, parents, room)}`,
      room,
    );
    return value.size === 0 ? "Map {}" : `Map { ${entries} }`;
  }
  if (value instanceof Set) {
    return value.size === 0
      ? "Set {}"
      : `Set { ${
        listText(value, (item) => write(item, parents, room), room)
      } }`;
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const items = value as unknown as Iterable<unknown>;
    return `[${listText(items, (item) => write(item, parents, room), room)}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  return `{ ${
    listText(entries, ([key, item]) =>
      `${keyText(key)}: ${write(item, parents, room)}`, room)
  } }`;
}

/** Joins items, and stops early once the text is longer than anyone will see. */
function listText<T>(
  items: Iterable<T>,
  text: (item: T) => string,
  room: number,
): string {
  const parts: string[] = [];
  let length = 0;
  for (const item of items) {
    const part = text(item);
    parts.push(part);
    length += part.length + 2;
    if (length > room) break;
  }
  return parts.join(", ");
}

function keyText(key: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? key : JSON.stringify(key);
}

function bytesText(bytes: Uint8Array): string {
  const most = 32;
  const shown = Array.from(
    bytes.subarray(0, most),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join(" ");
  return bytes.length > most
    ? `bytes[${shown} … ${bytes.length} in all]`
    : `bytes[${shown}]`;
}
