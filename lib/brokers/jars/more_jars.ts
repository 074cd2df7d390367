import { EngineError } from "../engine_error.ts";
import type { EngineOptions } from "../engine.ts";
import { engineFolders } from "../engine_folders.ts";
import { isThere } from "../is_there.ts";
import { withLaunchLock } from "../launch_lock.ts";
import { fetchJars } from "./fetch_jars.ts";
import { fingerprint, readIfThere, removeIfThere } from "./stamp.ts";

/** Jars that are not the broker's: connectors, Kafka Streams, a Java compiler, PostgreSQL's programs. */
export interface MoreJars {
  /** The folder of the jars. */
  folder: string;
  /** Every jar, sorted. */
  files: string[];
  /**
   * Finds one jar.
   *
   * @param artifact Its name without the version: "kafka-streams".
   * @returns Its path.
   * @throws {EngineError} If there is none: `jgo.more.toml` does not bring it.
   */
  find(artifact: string): string;
}

/** How many files jgo fetches where only Kafka's own jars are there: about. */
const FILES_ABOUT = 42;

/** A slow network may take minutes. */
const WAIT_MS = 600_000;

/**
 * The jars of `jgo.more.toml`, fetched from Maven Central when first asked
 * for. Two calls at once fetch once; what an interrupted one left is repaired.
 *
 * @param onProgress Told in lines what is fetched.
 * @param options Other files and folders than the project's.
 * @returns The jars.
 * @throws {EngineError} If they cannot be fetched: why, and what to do.
 * @throws {InterruptedError} If interrupted meanwhile.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const nowhere = { jarsFolder: `${folder}/jars`, pythonFolder: `${folder}/no-venv` };
 * await assertRejects(() => moreJars(() => {}, nowhere), Error, "deno task setup");
 * ```
 */
export async function moreJars(
  onProgress: (line: string) => void = () => {},
  options: EngineOptions = {},
): Promise<MoreJars> {
  const { project, python, jars } = engineFolders(options);
  const own = `${project}/jgo.more.toml`;
  const named = namedJars(
    isThere(own) ? own : `${engineFolders().project}/jgo.more.toml`,
  );
  const kept = jars.slice(0, jars.lastIndexOf("/"));
  const folder = `${kept}/more`;
  const stampFile = `${kept}/more.stamp`;
  const stamp = fingerprint(folder, named);
  const isDone = () => readIfThere(stampFile) === stamp && isThere(folder);
  if (isDone()) return jarsIn(folder);
  await withLaunchLock(
    // Set-up's own lock: both fetch into one repository.
    `${kept}/set-up.lock`,
    {
      what: "fetch more jars",
      onWait: onProgress,
      deadlineMs: WAIT_MS,
      stillAtWork: "on the same jars",
    },
    async () => {
      if (isDone()) return; // By the command that was waited for.
      await removeIfThere(stampFile);
      const jgo = `${python}/bin/jgo`;
      if (!isThere(jgo)) {
        throw new EngineError(
          `Cannot fetch the jars of jgo.more.toml as ${jgo} is missing: run 'deno task setup', then try again`,
        );
      }
      onProgress("Fetching connectors, Streams and PostgreSQL, once");
      const logFile = `${kept}/logs/more_jars.log`;
      // A folder of its own, as jgo wants its file to be called jgo.toml.
      const file = `${kept}/more_named/jgo.toml`;
      Deno.mkdirSync(`${kept}/more_named`, { recursive: true });
      Deno.writeTextFileSync(file, named);
      await fetchJars({
        what: "the jars of jgo.more.toml from Maven Central",
        file,
        to: folder,
        repository: `${kept}/m2`,
        jgo,
        logFile,
        shortLogFile: logFile.replace(`${project}/`, ""),
        onFile: (count, name) =>
          onProgress(`  ${count} of about ${FILES_ABOUT}: ${name}`),
      });
      Deno.writeTextFileSync(stampFile, stamp);
    },
  );
  return jarsIn(folder);
}

/** What jgo is to fetch here: PostgreSQL's programs are those of this platform, or left out where there are none. */
function namedJars(path: string): string {
  const text = readIfThere(path);
  if (text === undefined) {
    throw new EngineError(
      `Cannot tell which jars to fetch as ${path} is missing: restore it, for example with 'git checkout jgo.more.toml'`,
    );
  }
  const platform = postgresPlatform();
  return text.replace(
    /^.*embedded-postgres-binaries-(linux-amd64).*\n/m,
    (line, name) => platform === undefined ? "" : line.replace(name, platform),
  );
}

/** This platform as PostgreSQL's jars name it; undefined if they leave it out. */
function postgresPlatform(): string | undefined {
  const { os, arch } = Deno.build;
  const system = { linux: "linux", darwin: "darwin", windows: "windows" }[
    os as "linux"
  ];
  if (system === undefined || (os === "windows" && arch !== "x86_64")) {
    return undefined;
  }
  return `${system}-${arch === "x86_64" ? "amd64" : "arm64v8"}`;
}

function jarsIn(folder: string): MoreJars {
  // jgo sorts jars by whether they are Java modules.
  const files = ["jars", "modules"].map((name) => `${folder}/${name}`)
    .filter(isThere)
    .flatMap((path) =>
      [...Deno.readDirSync(path)].map(({ name }) => `${path}/${name}`)
    )
    .filter((path) => path.endsWith(".jar")).sort();
  const find = (artifact: string) => {
    const found = files.find((path) => {
      const name = path.slice(path.lastIndexOf("/") + 1);
      return name.startsWith(`${artifact}-`) &&
        /^\d/.test(name.slice(artifact.length + 1));
    });
    if (found) return found;
    throw new EngineError(
      `Cannot find ${artifact} in ${folder}: jgo.more.toml does not bring it`,
    );
  };
  return { folder, files, find };
}
