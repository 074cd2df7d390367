import { ownCommand } from "lib/client/own_command.ts";
import { dirname } from "node:path";
import {
  type Cell,
  listNotebooks,
  type NotebookDocument,
  notebookName,
  readNotebook,
  textOf,
} from "../notebooks/document.ts";
import { TaskError } from "../command.ts";
import { PROJECT } from "../setup/paths.ts";

/** Where the originals are, and the learner's copies. */
export interface CopyFolders {
  /** The notebooks of the repository. */
  originals: string;
  /** The learner's own, git-ignored. */
  copies: string;
}

/** The project's own folders. */
export const FOLDERS: CopyFolders = {
  originals: `${PROJECT}/notebooks`,
  copies: `${PROJECT}/my`,
};

/** What an update of the copies did, by notebooks' names. */
export interface CopyUpdate {
  /** Copied for the first time. */
  made: string[];
  /** Copied anew, as the learner had not touched them, or asked for it. */
  refreshed: string[];
  /** Left alone, as the learner has worked in them, though there is a newer original. */
  outdated: string[];
}

/** What was copied: by a notebook's number its name, and a hash of its cells. */
type CopyRecord = Record<string, { name: string; cells: string }>;

/**
 * Gives the learner copies of the notebooks: outputs cleared, the code of
 * claims and checks folded away. A copy in which no cell was changed follows
 * the original; one that was worked in is kept.
 *
 * @param options Notebooks to copy anew whatever was done in them, by number; and other folders.
 * @returns What was done.
 * @throws {TaskError} If the folder of the copies cannot be made.
 */
export async function updateCopies(
  { fresh = [], folders = FOLDERS }: {
    fresh?: string[];
    folders?: CopyFolders;
  } = {},
): Promise<CopyUpdate> {
  const update: CopyUpdate = { made: [], refreshed: [], outdated: [] };
  const recordPath = `${folders.copies}/.progress/copies.json`;
  try {
    Deno.mkdirSync(dirname(recordPath), { recursive: true });
  } catch (error) {
    throw new TaskError(
      `Cannot make your copies of the notebooks in ${folders.copies} as it cannot be written (${
        (error as Error).message
      }): put the project into a folder of your own.`,
      { cause: error },
    );
  }
  const record = readRecord(recordPath);
  for (const path of await listNotebooks(folders.originals)) {
    const original = await readNotebook(path);
    const name = notebookName(path);
    const number = name.slice(0, 2);
    const before = record[number];
    const cells = await hashOfCells(original);
    const copy = `${folders.copies}/${before?.name ?? name}.ipynb`;
    const now = await hashOfFile(copy);
    const isWanted = fresh.includes(number);
    const isUntouched = now === before?.cells;
    if (now !== undefined && !isWanted) {
      if (before === undefined || !isUntouched) {
        // The learner's work; that the original has moved on is only said.
        if (before?.cells !== cells) update.outdated.push(name);
        continue;
      }
      if (before.cells === cells && before.name === name) continue;
    }
    if (before !== undefined && before.name !== name && isUntouched) {
      Deno.removeSync(copy);
    }
    write(`${folders.copies}/${name}.ipynb`, learnersCopy(original));
    record[number] = { name, cells };
    (now === undefined ? update.made : update.refreshed).push(name);
    // After each, so that an update that is cut short is not taken for the learner's work.
    write(recordPath, record);
  }
  copyPages(folders);
  return update;
}

/** What a learner is told of a notebook in {@linkcode CopyUpdate.outdated}. */
export function newerVersionOf(name: string): string {
  return `There is a newer version of ${name}, in which you have worked: it was left alone. \`${
    ownCommand(`fresh ${name.slice(0, 2)}`)
  }\` puts the new one in its place.`;
}

/** The pages to which notebooks link are nobody's work: they are always those of the originals. */
function copyPages({ originals, copies }: CopyFolders): void {
  for (const { name } of Deno.readDirSync(originals)) {
    if (name.endsWith(".md")) {
      Deno.copyFileSync(`${originals}/${name}`, `${copies}/${name}`);
    }
  }
}

/** A notebook as a learner gets it. */
export function learnersCopy(original: NotebookDocument): NotebookDocument {
  const { kafka_notebooks: _, ...metadata } = original.metadata;
  return {
    ...original,
    metadata,
    cells: original.cells.map((cell) => {
      if (cell.cell_type !== "code") return cell;
      return {
        ...cell,
        execution_count: null,
        outputs: [],
        metadata: isAnswer(cell)
          ? { ...cell.metadata, jupyter: { source_hidden: true } }
          : cell.metadata,
      };
    }),
  };
}

/** Whether a cell does nothing but claim or check, so that its code would give the answer away. */
export function isAnswer(cell: Cell): boolean {
  if (cell.metadata.tags?.some((tag) => tag.startsWith("check:"))) return true;
  const statements = textOf(cell.source).split("\n")
    .filter((line) => /^[^\s)\]}/]/.test(line));
  return statements.length > 0 &&
    statements.every((line) => line.startsWith("claim("));
}

async function hashOfFile(path: string): Promise<string | undefined> {
  try {
    return await hashOfCells(await readNotebook(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // A file that is no notebook is somebody's work, too.
    return "unreadable";
  }
}

/** Only what a person writes counts: the kinds and the texts of the cells. */
async function hashOfCells({ cells }: NotebookDocument): Promise<string> {
  const text = JSON.stringify(
    cells.map(({ cell_type, source }) => [cell_type, textOf(source)]),
  );
  const bytes = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(text),
  );
  return new Uint8Array(bytes).toHex();
}

function readRecord(path: string): CopyRecord {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch {
    return {};
  }
}

/** Whole or not at all: a page may read it at the same time. */
function write(path: string, content: unknown): void {
  const aside = `${path}.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(aside, `${JSON.stringify(content, undefined, 1)}\n`);
  Deno.renameSync(aside, path);
}
