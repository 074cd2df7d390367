import { TaskError } from "../command.ts";
import { PROJECT } from "../setup/paths.ts";

/** A notebook file, as nbformat 4.5 describes it. */
export interface NotebookDocument {
  cells: Cell[];
  metadata: {
    kernelspec?: { display_name?: string; language?: string; name?: string };
    language_info?: Record<string, unknown> & { name?: string };
    /** Which code the saved outputs are of: see save.ts. */
    kafka_notebooks?: { saved_for?: string };
  };
  nbformat: number;
  nbformat_minor: number;
}

/** A cell; the text of its lines may be one string or one string a line. */
export interface Cell {
  cell_type: "code" | "markdown" | "raw";
  id?: string;
  metadata: { tags?: string[] } & Record<string, unknown>;
  source: string | string[];
  execution_count?: number | null;
  outputs?: Output[];
}

/** What a cell has printed or shown. */
export interface Output {
  output_type: "stream" | "display_data" | "execute_result" | "error";
  name?: string;
  text?: string | string[];
  data?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  execution_count?: number | null;
  ename?: string;
  evalue?: string;
  traceback?: string[];
}

/** The folder that holds deno.json, lib, notebooks and the rest. */
export const PROJECT_FOLDER = PROJECT;

/** Reads a notebook, or says in one sentence why the file is none. */
export async function readNotebook(path: string): Promise<NotebookDocument> {
  const text = await Deno.readTextFile(path);
  let document: NotebookDocument;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new TaskError(
      `Cannot read ${path} as a notebook as it is not JSON: ${
        (error as Error).message
      }`,
    );
  }
  if (!Array.isArray(document?.cells)) {
    throw new TaskError(
      `Cannot read ${path} as a notebook as it has no list of cells`,
    );
  }
  return document;
}

/** The text of a field that nbformat keeps as one string or as its lines. */
export function textOf(lines: string | string[] | undefined): string {
  return Array.isArray(lines) ? lines.join("") : lines ?? "";
}

/** Whether running the notebook runs this cell. */
export function isRunnable(cell: Cell): boolean {
  return cell.cell_type === "code" && textOf(cell.source).trim() !== "";
}

/** The name that a cell's tag gives after `prefix`, such as "exercise". */
export function tagged(
  cell: Cell,
  prefix: "exercise" | "check" | "solution",
): string | undefined {
  return cell.metadata.tags?.find((tag) => tag.startsWith(`${prefix}:`))
    ?.slice(prefix.length + 1);
}

/** `04_partitioning` for `…/notebooks/04_partitioning.ipynb`. */
export function notebookName(path: string): string {
  return path.split("/").at(-1)!.replace(/\.ipynb$/, "");
}

/** The notebooks of a folder in reading order. */
export async function listNotebooks(folder: string): Promise<string[]> {
  const paths: string[] = [];
  if (!await isThere(folder)) {
    return paths;
  }
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && entry.name.endsWith(".ipynb")) {
      paths.push(`${folder}/${entry.name}`);
    }
  }
  return paths.sort();
}

/**
 * Turns what a person types into notebooks: `4` and `04` mean the notebook of
 * that number, a path means itself, nothing means all.
 */
export async function chooseNotebooks(
  choices: (string | number)[],
  folder = `${PROJECT_FOLDER}/notebooks`,
): Promise<string[]> {
  const all = await listNotebooks(folder);
  if (choices.length === 0) {
    if (all.length === 0) {
      throw new TaskError(
        `Cannot find any notebook in ${folder}: fetch the project anew, or restore that folder with 'git checkout notebooks'.`,
      );
    }
    return all;
  }
  return choices.map(String).map((choice) => {
    if (choice.endsWith(".ipynb")) {
      return choice.startsWith("/") ? choice : `${Deno.cwd()}/${choice}`;
    }
    const number = choice.padStart(2, "0");
    const path = all.find((path) =>
      notebookName(path) === choice ||
      notebookName(path).startsWith(`${number}_`)
    );
    if (path === undefined) {
      throw new TaskError(
        `Cannot find notebook ${choice} in ${folder}: it has ${
          all.map(notebookName).join(", ") || "none"
        }`,
      );
    }
    return path;
  });
}

/** Whether a file or folder exists. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return false;
    }
    throw error;
  }
}
