import { configOptions } from "../config.ts";
import { fetchFailure } from "lib/brokers/jars/fetch_failure.ts";
import { KAFKA_FOLDER, PROJECT, shortPath, venvProgram } from "./paths.ts";
import type { Report } from "./progress.ts";
import { runProgram } from "lib/brokers/jars/run_program.ts";
import { fingerprint, readIfThere } from "lib/brokers/jars/stamp.ts";

const STAMP = `${KAFKA_FOLDER}/packages.stamp`;
const STAMP_OF_ALL = `${KAFKA_FOLDER}/packages_of_all.stamp`;
const LOG_FILE = `${KAFKA_FOLDER}/logs/packages.log`;

/** What lab, and the first cells of a reader, load. */
export const LOADED_AT_START = [
  "tasks/lab.ts",
  "lib/notebook/notebook.ts",
  "lib/brokers/kafka_tool.ts",
];

/** Whether the npm packages of a start were fetched for this version of Deno. */
export function startPackagesAreThere(): boolean {
  return readIfThere(STAMP) === stamp();
}

/** Fetches the npm packages of a start: a tenth of all. */
export async function fetchStartPackages(report: Report): Promise<void> {
  const config = await configOptions({ quiet: true });
  await runDeno(["cache", ...config, ...LOADED_AT_START], report);
  Deno.writeTextFileSync(STAMP, stamp());
}

/** Whether all npm packages of deno.json were fetched for this version of Deno. */
export function packagesAreThere(): boolean {
  return readIfThere(STAMP_OF_ALL) === stamp();
}

/** Fetches all npm packages of deno.json, so that a kernel finds them without a network. */
export async function fetchPackages(report: Report): Promise<void> {
  const config = await configOptions({ quiet: true });
  // Some are imported by notebooks alone.
  const packages = Object.values(imports())
    .filter((target) => /^npm:[^/]/.test(target));
  const code = [...LOADED_AT_START, ...codeOf("lib")];
  await runDeno(["cache", ...config, ...code, ...packages], report);
  for (const file of [STAMP, STAMP_OF_ALL]) {
    Deno.writeTextFileSync(file, stamp());
  }
}

async function runDeno(args: string[], report: Report): Promise<void> {
  let files = 0;
  const { code, lastLines } = await runProgram(venvProgram("deno"), args, {
    logFile: LOG_FILE,
    cwd: PROJECT,
    exitOnSignal: true,
    env: { NO_COLOR: "1" },
    onLine: (line) => {
      const file = /^Download (\S+)/.exec(line)?.[1];
      if (file) report(`${++files} files, ${file.split("/").at(-1)}`);
    },
  });
  if (code !== 0) {
    throw fetchFailure({
      what: "the npm packages of deno.json",
      program: "deno",
      lastLines,
      logFile: shortPath(LOG_FILE),
    });
  }
}

function imports(): Record<string, string> {
  return JSON.parse(Deno.readTextFileSync(`${PROJECT}/deno.json`)).imports;
}

function stamp(): string {
  return fingerprint(
    JSON.stringify(imports()),
    readIfThere(`${PROJECT}/deno.lock`) ?? "",
    Deno.env.get("DENO_DIR") ?? Deno.env.get("HOME") ?? "",
  );
}

function codeOf(folder: string): string[] {
  return [...Deno.readDirSync(`${PROJECT}/${folder}`)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return codeOf(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}
