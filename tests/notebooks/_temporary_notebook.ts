import {
  type Cell,
  type NotebookDocument,
  PROJECT_FOLDER,
} from "../../tasks/notebooks/document.ts";
import { EXERCISE_TYPE } from "../../tasks/notebooks/failure.ts";

/** The cells of a test's notebook. */
export function code(source: string, tag?: string): Cell {
  return { cell_type: "code", metadata: tag ? { tags: [tag] } : {}, source };
}

export function markdown(source: string, tag?: string): Cell {
  return {
    cell_type: "markdown",
    metadata: tag ? { tags: [tag] } : {},
    source,
  };
}

/** A notebook that is right in all that `cells` do not say otherwise. */
export function notebook(cells: Cell[]): NotebookDocument {
  return {
    cells: cells.map((cell, index) => ({
      id: `cell-${index + 1}`,
      ...(cell.cell_type === "code"
        ? { execution_count: null, outputs: [] }
        : {}),
      ...cell,
    })),
    metadata: {
      kernelspec: {
        display_name: "Deno",
        language: "typescript",
        name: "deno",
      },
      language_info: { name: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** A folder for a test's notebooks, in the project as they import its lib. */
export class NotebookFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<NotebookFolder> {
    const dir = `${PROJECT_FOLDER}/.check`;
    await Deno.mkdir(dir, { recursive: true });
    return new NotebookFolder(
      await Deno.makeTempDir({ dir, prefix: "notebooks_" }),
    );
  }

  /** Writes a notebook and tells its path. */
  async write(name: string, cells: Cell[]): Promise<string> {
    const path = `${this.path}/${name}.ipynb`;
    await Deno.writeTextFile(
      path,
      JSON.stringify(notebook(cells), null, 1) + "\n",
    );
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/**
 * The cells of an exercise: a function that must return 42, and a check that
 * reports as lib/notebook's `check` does.
 */
export function exercise(
  name: string,
  { stub = 0, solution = 42, accepted = "=== 42" } = {},
): Cell[] {
  const answer = (value: number) =>
    `function answer(): number {\n  return ${value};\n}`;
  return [
    code(answer(stub), `exercise:${name}`),
    code(checkSource(name, `answer() ${accepted}`), `check:${name}`),
    markdown(
      `<details><summary>Solution</summary>\n\n\`\`\`ts\n${
        answer(solution)
      }\n\`\`\`\n\n</details>`,
      `solution:${name}`,
    ),
  ];
}

/** A check's code that reports "solved" if `condition` holds. */
export function checkSource(name: string, condition: string): string {
  return `const state = ${condition} ? "solved" : "not yet";
await Deno.jupyter.broadcast("display_data", {
  data: {
    "text/plain": state,
    "${EXERCISE_TYPE}": { name: "${name}", state },
  },
  metadata: {},
  transient: {},
});`;
}

/** Whether a process runs; one that only waits to be reaped does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "stat=", "-p", String(pid)],
  }).output();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}
