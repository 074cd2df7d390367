import { isThere } from "lib/brokers/is_there.ts";
import { fetchFailure } from "lib/brokers/jars/fetch_failure.ts";
import { runProgram } from "lib/brokers/jars/run_program.ts";
import {
  fingerprint,
  readIfThere,
  removeIfThere,
} from "lib/brokers/jars/stamp.ts";
import {
  KAFKA_FOLDER,
  PROJECT,
  shortPath,
  venvProgram,
} from "../setup/paths.ts";
import type { Report } from "../setup/progress.ts";

const REQUIREMENTS = `${PROJECT}/tasks/site/requirements.txt`;
const ENVIRONMENT = `${KAFKA_FOLDER}/site_venv`;
const STAMP = `${KAFKA_FOLDER}/site_venv.stamp`;
const LOG_FILE = `${KAFKA_FOLDER}/logs/site.log`;

/** The program that builds the site. */
export const SPHINX = `${ENVIRONMENT}/${
  Deno.build.os === "windows" ? "Scripts/sphinx-build.exe" : "bin/sphinx-build"
}`;

/** Whether what builds the site is installed. */
export function environmentIsThere(): boolean {
  return readIfThere(STAMP) === stamp() && isThere(SPHINX);
}

/** Installs what builds the site, apart from what runs the notebooks. */
export async function installEnvironment(report: Report): Promise<void> {
  await removeIfThere(STAMP);
  await removeIfThere(ENVIRONMENT);
  const uv = venvProgram("uv");
  const python = `${ENVIRONMENT}/${
    Deno.build.os === "windows" ? "Scripts/python.exe" : "bin/python"
  }`;
  const steps = [
    ["venv", "--python", venvProgram("python"), ENVIRONMENT],
    ["pip", "install", "--python", python, "-r", REQUIREMENTS],
  ];
  for (const args of steps) {
    const { code, lastLines } = await runProgram(uv, args, {
      logFile: LOG_FILE,
      cwd: PROJECT,
      exitOnSignal: true,
      onLine: (line) => report(line.trim()),
    });
    if (code === 0) continue;
    throw fetchFailure({
      what: "Sphinx and its theme",
      program: "uv",
      lastLines,
      logFile: shortPath(LOG_FILE),
    });
  }
  Deno.writeTextFileSync(STAMP, stamp());
}

function stamp(): string {
  return fingerprint(ENVIRONMENT, Deno.readTextFileSync(REQUIREMENTS));
}
