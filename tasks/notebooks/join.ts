import { isRunnable, type NotebookDocument, textOf } from "./document.ts";
import type { Exercise } from "./exercises.ts";

/** A notebook's cells as one module, and where each of its lines is from. */
export interface JoinedCells {
  code: string;
  /** The place of each line of `code`. */
  places: { cell: number; line: number }[];
}

interface ImportedName {
  from: string;
  /** The clause as written, such as `type A as B` or `* as kafka`. */
  clause: string;
}

const IMPORT = /^import\s+([^"';]*?)\s+from\s+["']([^"']+)["'];?/gm;

/**
 * Joins the code cells of a notebook, so that they can be checked as a module.
 * A name that a cell imports again, as each cell may, is imported once.
 *
 * @param exercises Given, their solutions stand in for their stubs.
 */
export function joinCells(
  document: NotebookDocument,
  exercises: Exercise[] = [],
): JoinedCells {
  const lines: string[] = [];
  const places: JoinedCells["places"] = [];
  const imported = new Map<string, ImportedName>();
  document.cells.forEach((cell, index) => {
    if (!isRunnable(cell)) {
      return;
    }
    const solved = exercises.find(({ stub }) => stub === index);
    const code = importOnce(
      solved?.solutionCode ?? textOf(cell.source),
      imported,
    );
    code.trimEnd().split("\n").forEach((line, lineIndex) => {
      lines.push(line);
      places.push({
        cell: (solved?.solution ?? index) + 1,
        line: lineIndex + 1,
      });
    });
  });
  return { code: lines.join("\n") + "\n", places };
}

/** Drops from a cell's imports what is imported already; lines stay in place. */
function importOnce(
  code: string,
  imported: Map<string, ImportedName>,
): string {
  return code.replace(IMPORT, (statement, clauses: string, from: string) => {
    const isType = /^type\s/.test(clauses);
    const fresh = clausesOf(clauses.replace(/^type\s+/, ""))
      .filter((clause) => {
        const local = clause.replace(/[{}]/g, "").trim().split(/\s+/).at(-1)!;
        const before = imported.get(local);
        imported.set(local, before ?? { from, clause });
        return before?.from !== from || before.clause !== clause;
      });
    if (fresh.length === clausesOf(clauses).length) {
      return statement;
    }
    const rest = "\n".repeat(statement.split("\n").length - 1);
    if (fresh.length === 0) {
      return rest;
    }
    return `import ${isType ? "type " : ""}${
      joinClauses(fresh)
    } from "${from}";${rest}`;
  });
}

/** `a, { b, c as d }` as `a`, `{ b }`, `{ c as d }`. */
function clausesOf(clauses: string): string[] {
  const [, outside = "", inside] = /^([^{]*)(?:\{([^}]*)\})?/.exec(clauses)!;
  const split = (text: string) =>
    text.split(",").map((part) => part.trim().replace(/\s+/g, " "))
      .filter((part) => part !== "");
  return [
    ...split(outside),
    ...split(inside ?? "").map((name) => `{ ${name} }`),
  ];
}

function joinClauses(clauses: string[]): string {
  const named = clauses.filter((clause) => clause.startsWith("{"));
  const others = clauses.filter((clause) => !clause.startsWith("{"));
  const braces = named.length === 0
    ? []
    : [`{ ${named.map((clause) => clause.slice(2, -2)).join(", ")} }`];
  return [...others, ...braces].join(", ");
}
