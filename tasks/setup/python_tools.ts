import { isThere } from "lib/brokers/is_there.ts";
import { TaskError } from "../command.ts";
import { fetchFailure } from "lib/brokers/jars/fetch_failure.ts";
import { findPython } from "./find_python.ts";
import {
  KAFKA_FOLDER,
  PROJECT,
  shortPath,
  VENV,
  venvProgram,
} from "./paths.ts";
import type { Report } from "./progress.ts";
import {
  type ProgramOptions,
  runProgram,
} from "lib/brokers/jars/run_program.ts";
import {
  fingerprint,
  readIfThere,
  removeIfThere,
} from "lib/brokers/jars/stamp.ts";

/** Says who made the environment, and what is installed in it or "unfinished". */
const STAMP = `${VENV}/kafka-notebooks.stamp`;
const LOG_FILE = `${KAFKA_FOLDER}/logs/python.log`;
const UNFINISHED = "unfinished";

/** What says which packages there are to be. */
function pyproject(): string {
  return Deno.readTextFileSync(`${PROJECT}/pyproject.toml`);
}

/** The packages that `pyproject.toml` asks for, such as `jupyterlab==4.6.6`. */
function pythonPackages(): string[] {
  const list = /^dependencies = \[\n(.*?)^\]/ms.exec(pyproject())?.[1];
  if (!list) {
    throw new TaskError(
      "Cannot read pyproject.toml as its 'dependencies' are not a list with one package a line.",
    );
  }
  return [...list.matchAll(/^\s*"([^"]+)"/gm)].map(([, name]) => name!);
}

/** Whether `.venv` holds what `pyproject.toml` asks for, and was made in this place. */
export function pythonToolsAreThere(): boolean {
  return readIfThere(STAMP) === pythonStamp() && isThere(venvProgram("python"));
}

/**
 * Makes `.venv`: with uv if the person has it, else with Python's own venv, in which pip fetches uv, which
 * then fetches the rest in a third of the time. pip does it alone where uv cannot, as behind an index
 * that only pip's configuration names.
 */
export async function installPythonTools(report: Report): Promise<void> {
  await makeRoom();
  if (await runs("uv")) {
    report("asking uv");
    const make = ["venv", "--allow-existing", "--python", ">=3.10", VENV];
    const made = await runProgram("uv", make, programOptions());
    if (made.code === 0 && await installWithUv("uv", report)) return finish();
    report("uv failed, trying pip");
  }
  await makeEnvironment(report);
  if (await fetchUv(report)) {
    if (await installWithUv(venvProgram("uv"), report)) return finish();
    report("uv failed, trying pip");
  }
  await installWithPip(report);
  finish();
}

/** Changes with what `.venv` must hold. */
export function pythonStamp(): string {
  // Its programs carry absolute paths: an environment that was moved does not work.
  return fingerprint(VENV, pyproject());
}

function finish(): void {
  Deno.writeTextFileSync(STAMP, pythonStamp());
}

/** Removes what an earlier set-up left half done or for another place, but nothing of anybody else. */
async function makeRoom(): Promise<void> {
  const before = readIfThere(STAMP);
  if (before === undefined && isThere(VENV) && !isEmpty(VENV)) {
    throw new TaskError(
      "Cannot make the Python environment .venv as a folder of that name is there that set-up did not make: rename or remove it, then run this again.",
    );
  }
  await removeIfThere(VENV);
  await Deno.mkdir(VENV);
  Deno.writeTextFileSync(STAMP, UNFINISHED);
}

function isEmpty(folder: string): boolean {
  return Deno.readDirSync(folder)[Symbol.iterator]().next().done === true;
}

async function runs(program: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: ["--version"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

/** How each of the programs here runs. */
function programOptions(onLine?: (line: string) => void): ProgramOptions {
  return {
    logFile: LOG_FILE,
    cwd: PROJECT,
    exitOnSignal: true,
    env: { PIP_DISABLE_PIP_VERSION_CHECK: "1" },
    onLine,
  };
}

async function installWithUv(uv: string, report: Report): Promise<boolean> {
  const { code } = await runProgram(
    uv,
    [
      ...["pip", "install", "--python", venvProgram("python")],
      ...pythonPackages(),
    ],
    programOptions((line) => report(line.trim())),
  );
  return code === 0;
}

async function fetchUv(report: Report): Promise<boolean> {
  const uv = pythonPackages().find((each) => each.startsWith("uv=="));
  if (uv === undefined) return false;
  report("fetching uv");
  const { code } = await runProgram(
    venvProgram("python"),
    ["-m", "pip", "install", "--quiet", "--progress-bar", "off", uv],
    programOptions(),
  );
  return code === 0;
}

async function makeEnvironment(report: Report): Promise<void> {
  const python = await findPython();
  report(`making .venv with Python ${python.version}`);
  const made = await runProgram(
    python.program,
    [...python.args, "-m", "venv", VENV],
    programOptions(),
  );
  if (made.code === 0) return;
  throw new TaskError(
    `Cannot make the Python environment .venv as 'python -m venv' failed: ${
      made.lastLines.join(" ").trim()
    }`,
  );
}

async function installWithPip(report: Report): Promise<void> {
  const installed = await runProgram(
    venvProgram("python"),
    ["-m", "pip", "install", "--progress-bar", "off", ...pythonPackages()],
    programOptions(pipProgress(report)),
  );
  if (installed.code === 0) return;
  const names = pythonPackages().map((each) => each.split(/[[=;]/)[0]);
  throw fetchFailure({
    what: `the Python packages ${names.join(", ")}`,
    program: "pip",
    lastLines: installed.lastLines,
    logFile: shortPath(LOG_FILE),
  });
}

/** Reads pip's lines: it collects one package after another, then installs them all. */
function pipProgress(report: Report): (line: string) => void {
  let collected = 0;
  return (line) => {
    const collecting = /^Collecting (\S+)/.exec(line);
    const downloading = /^\s*Downloading (\S+?)-\d\S* \((.*)\)/.exec(line);
    const installing = /^Installing collected packages: (.*)/.exec(line);
    if (collecting) {
      report(`collecting ${collecting[1]} (package ${++collected})`);
    } else if (downloading) {
      report(
        `downloading ${downloading[1]}, ${
          downloading[2]
        } (package ${collected})`,
      );
    } else if (installing) {
      report(`installing ${installing[1]!.split(",").length} packages`);
    }
  };
}
