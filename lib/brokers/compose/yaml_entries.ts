import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from "yaml";

/** One key of a YAML mapping: its value, and the line it is written on. */
export interface YamlEntry {
  key: string;
  line: number;
  value: YamlValue;
}

/** A YAML value that still knows its line, with aliases and merges resolved. */
export type YamlValue =
  | { kind: "scalar"; line: number; value: string | number | boolean | null }
  | { kind: "list"; line: number; items: YamlValue[] }
  | { kind: "map"; line: number; entries: Map<string, YamlEntry> };

/**
 * Reads YAML into values that know their lines, so that an error found later
 * can name the place in the file. Aliases (`*name`) and merges (`<<: *name`)
 * are resolved; a key written in the mapping itself wins over a merged one.
 *
 * @param text The text of one YAML document.
 * @returns The document's value.
 * @throws {SyntaxError} If the text is not YAML, or repeats a key; the message begins with the line.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const value = parseYaml("broker:\n  ports: [9092]\n");
 *
 * assertEquals(value.kind === "map" && value.entries.get("broker")?.line, 1);
 * ```
 */
export function parseYaml(text: string): YamlValue {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, merge: false });
  const problem = document.errors[0];
  if (problem) {
    const reason = problem.message.split(" at line ")[0];
    throw new SyntaxError(
      `line ${lineCounter.linePos(problem.pos[0]).line}: ${reason}`,
    );
  }

  // An alias of a mapping that contains it would make this endless.
  const open = new Set<Node>();

  function valueOf(node: unknown, line: number): YamlValue {
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (!target || open.has(target)) {
        throw new SyntaxError(`line ${line}: cannot resolve *${node.source}`);
      }
      return { ...valueOf(target, lineOf(target, line)), line };
    }
    if (isScalar(node)) {
      // What is not a plain JSON scalar (a date, say) is kept as written.
      const value = node.value;
      return typeof value === "string" || typeof value === "boolean" ||
          value === null
        ? { kind: "scalar", line: lineOf(node, line), value }
        : {
          kind: "scalar",
          line: lineOf(node, line),
          value: typeof value === "number" ? value : String(node.source),
        };
    }
    if (isSeq(node)) {
      return {
        kind: "list",
        line: lineOf(node, line),
        items: node.items.map((item) => valueOf(item, lineOf(item, line))),
      };
    }
    if (isMap(node)) {
      open.add(node);
      const entries = entriesOf(node);
      open.delete(node);
      return { kind: "map", line: lineOf(node, line), entries };
    }
    return { kind: "scalar", line, value: null };
  }

  function entriesOf(map: { items: { key: unknown; value: unknown }[] }) {
    const merged = new Map<string, YamlEntry>();
    const own = new Map<string, YamlEntry>();
    for (const pair of map.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : "?";
      const line = lineOf(pair.key, 1);
      const value = valueOf(pair.value, line);
      if (key !== "<<") {
        own.set(key, { key, line, value });
        continue;
      }
      for (const source of value.kind === "list" ? value.items : [value]) {
        if (source.kind !== "map") {
          throw new SyntaxError(`line ${line}: << must name a mapping`);
        }
        for (const entry of source.entries.values()) {
          if (!merged.has(entry.key)) merged.set(entry.key, entry);
        }
      }
    }
    return new Map([...merged, ...own]);
  }

  function lineOf(node: unknown, otherwise: number): number {
    const range = (node as Node | null)?.range;
    return range ? lineCounter.linePos(range[0]).line : otherwise;
  }

  return valueOf(document.contents, 1);
}
