import type { Problem } from "./check_code.ts";
import {
  type Cell,
  isRunnable,
  type NotebookDocument,
  textOf,
} from "./document.ts";

/** What runs on the mended client when a cell uses it: by module, the names that it exports for that. */
export const ON_MENDED_CLIENT: Readonly<Record<string, readonly string[]>> = {
  "lib/client/kafka_client.ts": ["kafkaClient"],
  "lib/client/watched_producer.ts": ["watchedProducer"],
  "lib/consumer/read_process_write.ts": ["ReadProcessWrite"],
  "lib/experiment/child_consumer.ts": ["ChildConsumer"],
  "lib/producer/safe_producer.ts": ["SafeProducer"],
};

/** A round: what stands under one heading, with the numbers of its cells from 1. */
interface Round {
  cells: { cell: Cell; number: number }[];
}

/**
 * Finds claims about KafkaJS that may be measured on something else. A notebook
 * that speaks of KafkaJS and uses the mended client, or what runs on it, has to
 * say so to its readers: in the round in which it is used first, and in every
 * later round that uses it and speaks of KafkaJS. The statement is a paragraph
 * above the cell that uses it, or in that cell's round, which has in it
 *
 * - the words "mended client",
 * - `` `kafkaClient()` `` as code,
 * - and the name of what runs on it, such as `` `ChildConsumer` ``.
 *
 * A use is an import, or any name that got its value from one: a client, a
 * function that makes consumers, what was measured with them.
 *
 * @param path The notebook's file, as problems name it.
 * @param document The notebook.
 * @returns A problem for each round that has to say so and does not.
 */
export function checkClient(
  path: string,
  document: NotebookDocument,
): Problem[] {
  const rounds = roundsOf(document);
  if (!rounds.some(speaksOfKafkaJs)) return [];
  const names = new Names();
  const stated = new Set<string>();
  return rounds.flatMap((round): Problem[] => {
    const uses = usesIn(round, names);
    return [...uses].flatMap(([piece, number]): Problem[] => {
      if (stated.has(piece) && !speaksOfKafkaJs(round)) return [];
      if (isStated(round, piece, number)) {
        stated.add(piece);
        return [];
      }
      return [{ path, cell: number, message: demand(piece) }];
    });
  });
}

function demand(piece: string): string {
  const who = piece === "kafkaClient"
    ? "it uses kafkaClient()"
    : `it uses ${piece}, which runs on kafkaClient()`;
  return `${who} in a notebook that speaks of KafkaJS: say so in a paragraph of this round, at the latest above this cell, with ${
    piece === "kafkaClient" ? "" : `\`${piece}\`, `
  }\`kafkaClient()\` and the words "mended client"`;
}

function roundsOf({ cells }: NotebookDocument): Round[] {
  const rounds: Round[] = [{ cells: [] }];
  cells.forEach((cell, index) => {
    const isHeading = cell.cell_type === "markdown" &&
      /^##? /m.test(shownText(cell));
    if (isHeading) rounds.push({ cells: [] });
    rounds.at(-1)!.cells.push({ cell, number: index + 1 });
  });
  return rounds;
}

/** Prose, claims, captions: whatever a reader sees; where code is imported from is not meant. */
function speaksOfKafkaJs({ cells }: Round): boolean {
  return cells.some(({ cell }) => /\bKafkaJS\b/.test(textOf(cell.source)));
}

/** The number of the first cell of a round that uses each piece; learns the names that follow from it. */
function usesIn(
  { cells }: Round,
  names: Names,
): Map<string, number> {
  const uses = new Map<string, number>();
  for (const { cell, number } of cells) {
    for (const code of codeOf(cell)) {
      for (const statement of statementsOf(code)) {
        for (const piece of piecesIn(statement, names)) {
          if (!uses.has(piece)) uses.set(piece, number);
        }
      }
    }
  }
  return uses;
}

/** A code cell's source, or the code that a solution holds. */
function codeOf(cell: Cell): string[] {
  const source = textOf(cell.source);
  if (isRunnable(cell)) return [source];
  return [...source.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) =>
    code!
  );
}

/** Formatted code begins each statement at the line's start. Comments are left out. */
function statementsOf(code: string): string[] {
  const bare = code.replace(/\/\*[\s\S]*?\*\/|(?<![:"'`])\/\/.*$/gm, "");
  return bare.split(/\n(?=[^\s)}\]])/).filter((part) => part.trim() !== "");
}

/** What a notebook's own names hold, as far as it comes from the mended client. */
class Names {
  readonly #pieces = new Map<string, Set<string>>();
  readonly #declared = new Set<string>();

  /** The pieces that any name in a statement stands for. */
  piecesIn(statement: string): string[] {
    return [...this.#pieces].flatMap(([name, pieces]) =>
      mentions(statement, name) ? [...pieces] : []
    );
  }

  add(name: string, piece: string): void {
    const pieces = this.#pieces.get(name) ?? new Set();
    this.#pieces.set(name, pieces.add(piece));
  }

  /** Notes what a statement declares; returns what of the notebook's own it declares, assigns or calls a method of. */
  changedBy(statement: string): string[] {
    const declared = declaredBy(statement);
    for (const name of declared) this.#declared.add(name);
    if (declared.length > 0) return declared;
    const [, name = ""] = /^(?:await\s+)?([\w$]+)(?:\.|\[|\s*=)/
      .exec(statement) ?? [];
    return this.#declared.has(name) ? [name] : [];
  }
}

/** Which pieces a statement uses; what it declares or changes gets their mark. */
function piecesIn(statement: string, names: Names): Set<string> {
  const imported = Object.entries(ON_MENDED_CLIENT).flatMap((
    [module, exported],
  ) => namesModule(statement, module) ? importedBy(statement, exported) : []);
  for (const [name, piece] of imported) names.add(name, piece);
  // A word in a text is not a name; a template may hold a program.
  const code = statement.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  const found = new Set([
    ...imported.map(([, piece]) => piece),
    ...names.piecesIn(code),
  ]);
  for (const name of names.changedBy(code)) {
    // The notebook itself has been handed many clients.
    if (/\bopen\w*Notebook\(/.test(statement) || name === "notebook") continue;
    for (const piece of found) names.add(name, piece);
  }
  return found;
}

function namesModule(statement: string, module: string): boolean {
  const file = module.slice(module.lastIndexOf("/") + 1);
  return new RegExp(`["'\`][^"'\`]*\\b${file.replace(".", "\\.")}["'\`]`)
    .test(statement);
}

/** The local names of an import's values, and all that it may bring where the clause does not say. */
function importedBy(
  statement: string,
  exported: readonly string[],
): [name: string, piece: string][] {
  if (/^import\s+type\b/.test(statement)) return [];
  const all = /^import\s+\*\s+as\s+(\w+)/.exec(statement)?.[1];
  if (all) return exported.map((piece) => [all, piece]);
  if (!/^import\s*\{/.test(statement)) {
    return exported.map((piece) => [piece, piece]); // import(…), or a program's text
  }
  return exported.flatMap((piece): [string, string][] => {
    const clause = new RegExp(
      `(type\\s+)?\\b${piece}\\b(?:\\s+as\\s+(\\w+))?`,
    ).exec(statement);
    return !clause || clause[1] ? [] : [[clause[2] ?? piece, piece]];
  });
}

function mentions(statement: string, name: string): boolean {
  return new RegExp(
    `(?<![.\\w$])${name.replaceAll("$", "\\$")}\\b(?!\\s*:[^:])`,
  )
    .test(statement);
}

function declaredBy(statement: string): string[] {
  const pattern =
    /^(?:export\s+)?(?:const|let|var)\s+(\{[^=]*\}|\[[^=]*\]|[\w$]+)/
      .exec(statement)?.[1] ??
      /^(?:export\s+)?(?:async\s+)?(?:function\*?|class)\s+([\w$]+)/
        .exec(statement)?.[1] ??
      "";
  return pattern.replace(/(?:[\w$]+|"")\s*:/g, "").match(/[\w$]+/g) ?? [];
}

/** Whether a paragraph of the round, above the cell, tells a reader what runs there. */
function isStated({ cells }: Round, piece: string, number: number): boolean {
  return cells.filter(({ cell, number: at }) =>
    cell.cell_type === "markdown" && at < number
  ).some(({ cell }) => paragraphsOf(cell).some((text) => says(text, piece)));
}

function says(paragraph: string, piece: string): boolean {
  return /\bmended client\b/.test(paragraph) &&
    paragraph.includes("`kafkaClient()`") &&
    (piece === "kafkaClient" || new RegExp(`\`${piece}\``).test(paragraph));
}

/** Markdown without its blocks of code and its comments. */
function shownText(cell: Cell): string {
  return textOf(cell.source)
    .replace(/^```[\s\S]*?^```|<!--[\s\S]*?-->/gm, "");
}

/** Each paragraph on one line. */
function paragraphsOf(cell: Cell): string[] {
  return shownText(cell).split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s*\n[>\s]*/g, " "));
}
