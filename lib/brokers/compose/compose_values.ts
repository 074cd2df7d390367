import { closestString } from "../closest_string.ts";
import type { YamlEntry, YamlValue } from "./yaml_entries.ts";

/**
 * Refuses a key that is not known, and suggests the nearest.
 *
 * @param keys What is written.
 * @param known What may be written.
 * @param where The place, as the message names it: "in service 'kafka'".
 * @throws {SyntaxError} If a key is not known; the message begins with its line.
 */
export function checkKeys(
  keys: Map<string, YamlEntry>,
  known: string[],
  where: string,
) {
  for (const { key, line } of keys.values()) {
    if (known.includes(key) || key.startsWith("x-")) continue;
    const near = closestString(key, known);
    throw new SyntaxError(
      `line ${line}: unknown key '${key}' ${where}; ${
        near ? `did you mean '${near}'?` : `known are ${known.join(", ")}`
      }`,
    );
  }
}

/**
 * A value that must be a mapping.
 *
 * @param value The value.
 * @param what Its name, for the message.
 * @returns Its entries.
 * @throws {SyntaxError} If it is something else; the message begins with its line.
 */
export function mapOf(value: YamlValue, what: string): Map<string, YamlEntry> {
  if (value.kind === "map") return value.entries;
  throw new SyntaxError(`line ${value.line}: ${what} must be a mapping`);
}

/**
 * The items of an entry that must be a list; none if it is not there.
 *
 * @param entry The entry, if it is there.
 * @returns The items.
 * @throws {SyntaxError} If it is something else; the message begins with its line.
 */
export function listOf(entry: YamlEntry | undefined): YamlValue[] {
  if (!entry) return [];
  if (entry.value.kind === "list") return entry.value.items;
  throw new SyntaxError(`line ${entry.line}: '${entry.key}' must be a list`);
}

/**
 * The texts of an entry that must be a list of them.
 *
 * @param entry The entry, if it is there.
 * @returns The texts; none without the entry.
 * @throws {SyntaxError} If it is something else; the message begins with its line.
 */
export function stringsOf(entry: YamlEntry | undefined): string[] {
  return listOf(entry).map((item) => stringOf(item, entry?.key ?? ""));
}

/**
 * A value that must be a text or number, with its variables put in.
 *
 * @param value The value.
 * @param key Its key, for the message.
 * @returns The text.
 * @throws {SyntaxError} If it is something else; the message begins with its line.
 */
export function stringOf(value: YamlValue, key: string): string {
  if (value.kind !== "scalar" || value.value === null) {
    throw new SyntaxError(`line ${value.line}: '${key}' must be a string`);
  }
  return interpolate(String(value.value), value.line);
}

/** Puts environment variables in place of `$NAME`, `${NAME}` and `${NAME:-default}`, as Compose does. */
function interpolate(text: string, line: number): string {
  return text.replace(
    /\$(?:(\$)|(\w+)|\{(\w+)(?:(:?)-([^}]*))?\}|)/g,
    (all, dollar, plain, braced, colon, otherwise) => {
      if (dollar) return "$";
      const name = plain ?? braced;
      if (name === undefined) {
        throw new SyntaxError(
          `line ${line}: '${text}' has a '$' that begins no variable: write '$$' for a dollar sign`,
        );
      }
      const value = Deno.env.get(name);
      const lacks = value === undefined || (colon === ":" && value === "");
      return lacks ? otherwise ?? "" : value ?? all;
    },
  );
}
