import { configOptions } from "../config.ts";
import {
  type NotebookDocument,
  notebookName,
  PROJECT_FOLDER,
} from "./document.ts";
import { exercisesOf } from "./exercises.ts";
import { joinCells, type JoinedCells } from "./join.ts";

/** What is wrong with a notebook, and where. */
export interface Problem {
  path: string;
  /** The cell's number, from 1; none for the file as a whole. */
  cell?: number;
  line?: number;
  message: string;
}

interface Module {
  path: string;
  version: "stubs" | "solutions";
  file: string;
  joined: JoinedCells;
}

interface LintReport {
  diagnostics: {
    filename: string;
    range: { start: { line: number; col: number } };
    message: string;
    code: string;
    hint: string | null;
  }[];
  errors: { file_path: string; message: string }[];
}

/** In a stub it is the learner who will use, await or return. */
const UNFINISHED_RULES = ["no-unused-vars", "require-await"];

/**
 * Type-checks and lints the cells of notebooks, joined to modules: once with
 * the stubs and once with the solutions of their exercises.
 *
 * What a stub leaves unused counts only if the solution leaves it unused, too.
 */
export async function checkCode(
  notebooks: Map<string, NotebookDocument>,
): Promise<{ types: Problem[]; lint: Problem[] }> {
  // Without a file deno would check the whole project.
  if (notebooks.size === 0) return { types: [], lint: [] };
  const checkFolder = `${PROJECT_FOLDER}/.check`;
  await Deno.mkdir(checkFolder, { recursive: true });
  const folder = await Deno.makeTempDir({
    dir: checkFolder,
    prefix: "joined_",
  });
  try {
    const modules = await writeModules(notebooks, folder);
    return {
      types: unique(await checkTypes(modules)),
      lint: unique(await lint(modules)),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function writeModules(
  notebooks: Map<string, NotebookDocument>,
  folder: string,
): Promise<Module[]> {
  const modules: Module[] = [];
  for (const [path, document] of notebooks) {
    const { complete } = exercisesOf(document.cells);
    for (const version of ["stubs", "solutions"] as const) {
      const exercises = version === "solutions" ? complete : [];
      const joined = joinCells(document, exercises);
      const file = `${folder}/${modules.length}_${
        notebookName(path)
      }_${version}.ts`;
      await Deno.writeTextFile(file, joined.code);
      modules.push({ path, version, file, joined });
    }
  }
  return modules;
}

async function checkTypes(modules: Module[]): Promise<Problem[]> {
  const { success, stderr } = await deno(
    "check",
    "--quiet",
    ...modules.map(({ file }) => file),
  );
  if (success) {
    return [];
  }
  const blocks = stderr
    .split(/\n\n(?=TS\d+ \[ERROR\]|Found \d+ error|error: )/)
    .filter((block) => /^TS\d+ \[ERROR\]/.test(block));
  if (blocks.length > 0) {
    return blocks.map((block) => placed(block, modules));
  }
  // A syntax error or a missing module stops the check of all of them.
  if (modules.length > 1) {
    const each = await Promise.all(
      modules.map((module) => checkTypes([module])),
    );
    return each.flat();
  }
  return [placed(stderr, modules)];
}

/** Turns a message that names a line of a joined module into a problem. */
function placed(message: string, modules: Module[]): Problem {
  const text = message.replace(/\n\nStack backtrace:[\s\S]*/, "")
    .replace(/^error: /, "").trim();
  for (
    const [place, file, line] of text.matchAll(/file:\/\/(\S+):(\d+):\d+/g)
  ) {
    const module = modules.find((module) => module.file === file);
    if (module !== undefined) {
      return {
        path: module.path,
        ...module.joined.places[Number(line) - 1],
        message: text.replace(new RegExp(`\\n?\\s*at ${escape(place)}`), ""),
      };
    }
  }
  return { path: modules[0]!.path, message: text };
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

async function lint(modules: Module[]): Promise<Problem[]> {
  const reports = await Promise.all(modules.map(lintModule));
  return modules.flatMap((module, index) => {
    const partner = modules.findIndex(({ path, version }) =>
      path === module.path && version !== module.version
    );
    return reports[index]!
      .filter((problem) =>
        !UNFINISHED_RULES.includes(problem.rule) ||
        reports[partner]!.some((other) => isSame(problem, other))
      )
      .map(({ rule: _rule, ...problem }) => problem);
  });
}

async function lintModule(
  module: Module,
): Promise<(Problem & { rule: string })[]> {
  const { stdout, stderr } = await deno("lint", "--json", module.file);
  if (stdout === "") {
    throw new Error(`Cannot lint ${module.path}: ${stderr.trim()}`);
  }
  const report: LintReport = JSON.parse(stdout);
  return [
    ...report.errors.map(({ message }) => ({
      ...placed(message, [module]),
      rule: "syntax",
    })),
    ...report.diagnostics.map(({ range, message, code, hint }) => ({
      path: module.path,
      ...module.joined.places[range.start.line - 1],
      message: `${code}: ${message}${hint ? ` (${hint})` : ""}`,
      rule: code,
    })),
  ];
}

async function deno(subcommand: string, ...args: string[]) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [subcommand, ...await configOptions(), ...args],
    cwd: PROJECT_FOLDER,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return {
    success,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** Both versions of a notebook report what is wrong in a cell of both. */
function unique(problems: Problem[]): Problem[] {
  return problems.filter((problem, index) =>
    problems.findIndex((other) => isSame(problem, other)) === index
  );
}

function isSame(a: Problem, b: Problem): boolean {
  return a.path === b.path && a.cell === b.cell && a.line === b.line &&
    a.message === b.message;
}
