import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isThere } from "../is_there.ts";
import { fetchFailure } from "./fetch_failure.ts";
import { type ProgramOptions, runProgram } from "./run_program.ts";
import { removeIfThere } from "./stamp.ts";

const FETCH_LOCKED = fileURLToPath(
  new URL("./fetch_locked_jars.py", import.meta.url),
);

/** Its exit code if a jar is not the one that was locked. */
const CHANGED = 2;

/** What {@linkcode fetchJars} fetches, and where to. */
export interface JarsToFetch {
  /** What is fetched, as an error says it: "Kafka's jars from Maven Central". */
  what: string;
  /** The file for jgo that names them, called `jgo.toml`: jgo makes another kind of folder elsewhere than beside one. */
  file: string;
  /** A lock file that jgo wrote for them: then they are fetched many at a time, without resolving them anew. */
  lock?: string;
  /** The folder that gets them; what it held is gone. */
  to: string;
  /** The folder that keeps what was fetched, for all such files. */
  repository: string;
  /** The program jgo. */
  jgo: string;
  /** The file that gets all that jgo prints. */
  logFile: string;
  /** That file's path as a person would write it. */
  shortLogFile: string;
  /** Told of each file that is fetched: how many so far, and its name. */
  onFile?: (count: number, name: string) => void;
}

/**
 * Fetches jars from Maven Central, with jgo.
 *
 * @param jars What to fetch, where to, and who is told of each file.
 * @param options Whether a signal to this process ends both; see `runProgram`.
 * @throws {EngineError} If jgo fails: what was to be fetched, why it failed, what to do.
 * @throws {InterruptedError} If interrupted meanwhile.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const fetching = fetchJars({
 *   what: "the jars",
 *   file: "jgo.toml",
 *   to: `${folder}/jars`,
 *   repository: `${folder}/m2`,
 *   jgo: "false",
 *   logFile: `${folder}/jars.log`,
 *   shortLogFile: "jars.log",
 * });
 *
 * await assertRejects(() => fetching, Error, "Cannot fetch the jars as jgo failed");
 * ```
 */
export async function fetchJars(
  { what, file, lock, to, repository, jgo, logFile, shortLogFile, onFile }:
    JarsToFetch,
  options: Pick<ProgramOptions, "exitOnSignal"> = {},
): Promise<void> {
  await removeIfThere(to);
  removeTruncated(repository);
  let files = 0;
  const programOptions: ProgramOptions = {
    ...options,
    logFile,
    cwd: dirname(file),
    // Wide, so that each file is one line; npx sets COLOR to what jgo refuses.
    env: { COLUMNS: "200", COLOR: "plain" },
    onLine: (line) => {
      const name = /^Downloading (\S+\.(?:jar|pom))/.exec(line)?.[1];
      if (name) onFile?.(++files, name);
    },
  };
  const failed = (lastLines: string[]) =>
    fetchFailure({ what, program: "jgo", lastLines, logFile: shortLogFile });
  if (lock !== undefined) {
    const locked = await runProgram(
      jgo.replace(/jgo(\.exe)?$/, "python$1"),
      [FETCH_LOCKED, basename(file), lock, repository, to],
      programOptions,
    );
    if (locked.code === 0) return;
    if (locked.code === CHANGED) throw failed(locked.lastLines);
    // Then jgo resolves them anew, and says why if it cannot.
    await removeIfThere(to);
    removeTruncated(repository);
  }
  const { code, lastLines } = await runProgram(
    jgo,
    ["--repo-cache", repository, "--cache-dir", to, "sync"],
    programOptions,
  );
  if (code !== 0) throw failed(lastLines);
}

/** jgo takes a file that is there for whole: what an interrupted fetch left cut off must go. */
function removeTruncated(folder: string): void {
  if (!isThere(folder)) return;
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) removeTruncated(path);
    else if (!isWhole(path)) Deno.removeSync(path);
  }
}

function isWhole(path: string): boolean {
  if (path.endsWith(".pom")) {
    return Deno.readTextFileSync(path).trimEnd().endsWith("</project>");
  }
  if (!path.endsWith(".jar")) return true;
  // A zip file ends with its directory's end record: a signature, and 18 bytes or a comment more.
  const tail = Deno.readFileSync(path).slice(-4_096);
  return new TextDecoder("latin1").decode(tail).includes("PK\x05\x06");
}
