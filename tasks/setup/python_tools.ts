import { isThere } from "lib/cluster/is_there.ts";
import { TaskError } from "../command.ts";
import { fetchFailure } from "./fetch_failure.ts";
import { findPython } from "./find_python.ts";
import { KAFKA_FOLDER, PROJECT, VENV, venvProgram } from "./paths.ts";
import type { Report } from "./progress.ts";
import { runProgram } from "./program.ts";
import { fingerprint, readIfThere, removeIfThere } from "./stamp.ts";

/** Says who made the environment, and what is installed in it or "unfinished". */
const STAMP = `${VENV}/kafka-notebooks.stamp`;
const LOG_FILE = `${KAFKA_FOLDER}/logs/python.log`;
const UNFINISHED = "unfinished";

/** The packages that `pyproject.toml` asks for, such as `jupyterlab==4.6.6`. */
export function pythonPackages(): string[] {
  const text = Deno.readTextFileSync(`${PROJECT}/pyproject.toml`);
  const list = /^dependencies = \[\n(.*?)^\]/ms.exec(text)?.[1];
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

/** Makes `.venv`, with uv if it is there and works, else with Python's own venv and pip. */
export async function installPythonTools(report: Report): Promise<void> {
  await makeRoom();
  if (await runs("uv")) {
    report("asking uv");
    if (await installWithUv(report)) return finish();
    report("uv failed, trying pip");
  }
  await installWithPip(report);
  finish();
}

/** Changes with what `.venv` must hold. */
export function pythonStamp(): string {
  // Its programs carry absolute paths: an environment that was moved does not work.
  return fingerprint(VENV, ...pythonPackages());
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

async function installWithUv(report: Report): Promise<boolean> {
  const make = ["venv", "--allow-existing", "--python", ">=3.10", VENV];
  const install = [
    "pip",
    "install",
    "--python",
    venvProgram("python"),
    ...pythonPackages(),
  ];
  for (const args of [make, install]) {
    const { code } = await runProgram("uv", args, {
      logFile: LOG_FILE,
      onLine: (line) => report(line.trim()),
    });
    if (code !== 0) return false;
  }
  return true;
}

async function installWithPip(report: Report): Promise<void> {
  const python = await findPython();
  report(`making .venv with Python ${python.version}`);
  const made = await runProgram(
    python.program,
    [...python.args, "-m", "venv", VENV],
    { logFile: LOG_FILE },
  );
  if (made.code !== 0) {
    throw new TaskError(
      `Cannot make the Python environment .venv as 'python -m venv' failed: ${
        made.lastLines.join(" ").trim()
      }`,
    );
  }
  const installed = await runProgram(
    venvProgram("python"),
    ["-m", "pip", "install", "--progress-bar", "off", ...pythonPackages()],
    {
      logFile: LOG_FILE,
      env: { PIP_DISABLE_PIP_VERSION_CHECK: "1" },
      onLine: pipProgress(report),
    },
  );
  if (installed.code === 0) return;
  const names = pythonPackages().map((each) => each.split(/[[=;]/)[0]);
  throw fetchFailure({
    what: `the Python packages ${names.join(", ")}`,
    program: "pip",
    lastLines: installed.lastLines,
    logFile: LOG_FILE,
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
