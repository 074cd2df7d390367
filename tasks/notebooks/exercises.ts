import { type Cell, tagged, textOf } from "./document.ts";

/** A stub to fill in, the check that reads the broker, and the solution. */
export interface Exercise {
  name: string;
  /** Index of the stub among the notebook's cells. */
  stub: number;
  check: number;
  solution: number;
  /** The code that stands in for the stub. */
  solutionCode: string;
}

/** A notebook's exercises and what is wrong with those that are incomplete. */
export interface Exercises {
  complete: Exercise[];
  problems: { cell: number; message: string }[];
}

const ROLES = ["exercise", "check", "solution"] as const;
const CODE_BLOCK = /^```ts\n([\s\S]*?)^```$/gm;

/**
 * Pairs the cells tagged `exercise:NAME`, `check:NAME` and `solution:NAME`.
 *
 * @param cells All cells of the notebook.
 * @returns The exercises in order; a tag without its partners, twice the same
 * tag, a wrong order or a solution without its one ts block is a problem.
 */
export function exercisesOf(cells: Cell[]): Exercises {
  const complete: Exercise[] = [];
  const problems: Exercises["problems"] = [];
  const places = new Map<string, { [role in typeof ROLES[number]]?: number }>();

  cells.forEach((cell, index) => {
    for (const role of ROLES) {
      const name = tagged(cell, role);
      if (name === undefined) {
        continue;
      }
      const place = places.get(name) ?? {};
      places.set(name, place);
      const wanted = role === "solution" ? "markdown" : "code";
      if (place[role] !== undefined) {
        problems.push({
          cell: index,
          message: `the tag ${role}:${name} is on cell ${
            place[role] + 1
          } already`,
        });
      } else if (cell.cell_type !== wanted) {
        problems.push({
          cell: index,
          message: `the tag ${role}:${name} must be on a ${wanted} cell`,
        });
      }
      place[role] = index;
    }
  });

  for (const [name, { exercise: stub, check, solution }] of places) {
    const present = stub ?? check ?? solution!;
    const missing = ROLES.filter((role) =>
      places.get(name)![role] === undefined
    );
    if (stub === undefined || check === undefined || solution === undefined) {
      problems.push({
        cell: present,
        message: `exercise ${name} lacks a cell tagged ${
          missing.map((role) => `${role}:${name}`).join(" and ")
        }`,
      });
      continue;
    }
    if (!(stub < check && check < solution)) {
      problems.push({
        cell: stub,
        message:
          `exercise ${name} must have its stub, its check and its solution in this order`,
      });
      continue;
    }
    const blocks = [...textOf(cells[solution]!.source).matchAll(CODE_BLOCK)];
    if (blocks.length !== 1) {
      problems.push({
        cell: solution,
        message:
          `the solution of ${name} must hold exactly one \`\`\`ts block: it holds ${blocks.length}`,
      });
      continue;
    }
    const solutionCode = blocks[0]![1]!.trimEnd();
    complete.push({ name, stub, check, solution, solutionCode });
  }
  return { complete, problems };
}
