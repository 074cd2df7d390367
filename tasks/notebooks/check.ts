import { checkClient } from "./check_client.ts";
import { checkCode, type Problem } from "./check_code.ts";
import { checkForm } from "./check_form.ts";
import { checkLinks } from "./check_links.ts";
import { checkReadme } from "./check_readme.ts";
import { collectClaims, readClaims } from "./claims_file.ts";
import { indexPage } from "./error_index.ts";
import { checkSize, sizeOf, sizeText } from "./check_size.ts";
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
 * and the lint of their joined cells, and whether they say on which client of
 * Kafka they measure.
 *
 * @param paths The notebooks.
 * @returns Seven results a notebook.
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
  const names = (await listNotebooks(`${PROJECT_FOLDER}/notebooks`))
    .map(notebookName);
  const readable = await Promise.all(
    [...notebooks].map(async ([path, document]): Promise<CheckResult[]> => {
      const name = notebookName(path);
      const ofThis = (problem: Problem) => problem.path === path;
      return [
        { title: `${name}: form`, problems: await checkForm(path, document) },
        {
          title: `${name}: size (${sizeText(sizeOf(document))})`,
          problems: checkSize(path, document),
        },
        {
          title: `${name}: links`,
          problems: await checkLinks(path, document, names),
        },
        { title: `${name}: client`, problems: checkClient(path, document) },
        { title: `${name}: format`, problems: await checkFormat(path) },
        { title: `${name}: types`, problems: types.filter(ofThis) },
        { title: `${name}: lint`, problems: lint.filter(ofThis) },
      ];
    }),
  );
  return [...unreadable, ...readable.flat()];
}

/** How many statements may be marked as not run here: up to notebook 21, and from 22 on, where disks and clouds come in. */
const MOST_NOT_RUN = { "00 to 21": 12, "22 to 32": 22 };

/** Checks what concerns all notebooks together: their numbers, the README's table, the page of errors. */
export async function checkCollection(
  folder = PROJECT_FOLDER,
): Promise<CheckResult[]> {
  const paths = await listNotebooks(`${folder}/notebooks`);
  const numbers = paths.map((path) => notebookName(path).slice(0, 2));
  const twice = paths.filter((_path, index) =>
    numbers.indexOf(numbers[index]!) !== index
  );
  const sizes = await Promise.all(
    paths.map(async (path) => sizeOf(await readNotebook(path))),
  );
  const notRun = { "00 to 21": 0, "22 to 32": 0 };
  sizes.forEach((size, index) =>
    notRun[Number(numbers[index]) <= 21 ? "00 to 21" : "22 to 32"] +=
      size.notRun
  );
  const errors = `${folder}/notebooks/errors.md`;
  const saved = await isThere(errors) ? await Deno.readTextFile(errors) : "";
  const claimsPath = `${folder}/notebooks/claims.json`;
  const claims = readClaims(claimsPath);
  const collected = await collectClaims(`${folder}/notebooks`, claims);
  const savedClaims = await isThere(claimsPath)
    ? await Deno.readTextFile(claimsPath)
    : "";
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
    ...(["00 to 21", "22 to 32"] as const).map((those) => ({
      title: `statements of ${those} that are not run here: ${
        notRun[those]
      } of at most ${MOST_NOT_RUN[those]}`,
      problems: notRun[those] <= MOST_NOT_RUN[those] ? [] : [{
        path: folder,
        message: `notebooks ${those} mark ${
          notRun[those]
        } statements as not run here`,
      }],
    })),
    {
      title: "notebooks/errors.md agrees with the notebooks",
      problems: saved === await indexPage(`${folder}/notebooks`) ? [] : [{
        path: errors,
        message:
          "it is not what the notebooks say: write it with deno task notebooks --index",
      }],
    },
    {
      title: "notebooks/claims.json has every claim as it was measured last",
      problems: [
        ...collected.problems,
        ...(savedClaims === collected.text ? [] : [{
          path: claimsPath,
          message:
            "it is not what the notebooks say: write it with deno task notebooks --index",
        }]),
      ],
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
