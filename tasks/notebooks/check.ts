import { checkCode, type Problem } from "./check_code.ts";
import { checkForm } from "./check_form.ts";
import { checkReadme } from "./check_readme.ts";
import {
  isThere,
  listNotebooks,
  type NotebookDocument,
  notebookName,
  PROJECT_FOLDER,
  readNotebook,
  textOf,
} from "./document.ts";

/** One check and what it has found; it passed if that is nothing. */
export interface CheckResult {
  title: string;
  problems: Problem[];
}

/**
 * Checks notebooks without running them: their form, their format, the types
 * and the lint of their joined cells.
 *
 * @param paths The notebooks.
 * @returns Four results a notebook.
 */
export async function checkNotebooks(paths: string[]): Promise<CheckResult[]> {
  const notebooks = new Map<string, NotebookDocument>();
  const unreadable: CheckResult[] = [];
  for (const path of paths) {
    try {
      notebooks.set(path, await readNotebook(path));
    } catch (error) {
      unreadable.push({
        title: `${notebookName(path)}: form`,
        problems: [{ path, message: (error as Error).message }],
      });
    }
  }
  const { types, lint } = await checkCode(notebooks);
  const readable = await Promise.all(
    [...notebooks].map(async ([path, document]): Promise<CheckResult[]> => {
      const name = notebookName(path);
      const ofThis = (problem: Problem) => problem.path === path;
      return [
        { title: `${name}: form`, problems: await checkForm(path, document) },
        { title: `${name}: format`, problems: await checkFormat(path) },
        { title: `${name}: types`, problems: types.filter(ofThis) },
        { title: `${name}: lint`, problems: lint.filter(ofThis) },
      ];
    }),
  );
  return [...unreadable, ...readable.flat()];
}

/** Checks the numbers of all notebooks and the README's table of them. */
export async function checkCollection(
  folder = PROJECT_FOLDER,
): Promise<CheckResult[]> {
  const paths = await listNotebooks(`${folder}/notebooks`);
  const numbers = paths.map((path) => notebookName(path).slice(0, 2));
  const twice = paths.filter((_path, index) =>
    numbers.indexOf(numbers[index]!) !== index
  );
  const readme = `${folder}/README.md`;
  const differences = await isThere(readme)
    ? checkReadme(await Deno.readTextFile(readme), paths)
    : ["README.md is missing"];
  return [
    {
      title: "each notebook has a number of its own",
      problems: twice.map((path) => ({
        path,
        message: "another notebook has its number",
      })),
    },
    {
      title: "README.md agrees with the notebooks",
      problems: differences.map((message) => ({ path: readme, message })),
    },
  ];
}

/** Compares the cells with what `deno fmt` makes of them. */
async function checkFormat(path: string): Promise<Problem[]> {
  const file = await Deno.open(path);
  const formatter = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "ipynb", "-"],
    cwd: PROJECT_FOLDER,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [output] = await Promise.all([
    formatter.output(),
    file.readable.pipeTo(formatter.stdin),
  ]);
  if (!output.success) {
    const message = new TextDecoder().decode(output.stderr).trim();
    return [{ path, message: `deno fmt cannot format it: ${message}` }];
  }
  const formatted = new TextDecoder().decode(output.stdout);
  const before = await Deno.readTextFile(path);
  if (formatted === before) {
    return [];
  }
  const cells: NotebookDocument["cells"] = JSON.parse(formatted).cells;
  const original: NotebookDocument["cells"] = JSON.parse(before).cells;
  const problems = cells.flatMap((cell, index): Problem[] =>
    textOf(cell.source) === textOf(original[index]!.source) ? [] : [{
      path,
      cell: index + 1,
      message: "it is not formatted: run deno fmt",
    }]
  );
  return problems.length > 0
    ? problems
    : [{ path, message: "the file is not formatted: run deno fmt" }];
}

/** `notebooks/04_x.ipynb, cell 7, line 3: message`. */
export function formatProblem({ path, cell, line, message }: Problem): string {
  const where = [
    path.replace(`${PROJECT_FOLDER}/`, ""),
    ...(cell ? [`cell ${cell}`] : []),
    ...(line ? [`line ${line}`] : []),
  ].join(", ");
  return `${where}: ${message}`;
}
