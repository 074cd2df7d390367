import { isThere } from "lib/cluster/is_there.ts";
import { fetchFailure } from "./fetch_failure.ts";
import { KAFKA_FOLDER, PROJECT, venvProgram } from "./paths.ts";
import type { Report } from "./progress.ts";
import { runProgram } from "./program.ts";
import { fingerprint, readIfThere, removeIfThere } from "./stamp.ts";

const JARS = `${KAFKA_FOLDER}/jars`;
const REPOSITORY = `${KAFKA_FOLDER}/m2`;
const STAMP = `${KAFKA_FOLDER}/jars.stamp`;
const LOG_FILE = `${KAFKA_FOLDER}/logs/jars.log`;

/** How many files jgo fetches, so that progress has an end: about. */
const FILES_ABOUT = 255;

/** Whether the jars of `jgo.toml` are all there. */
export function kafkaJarsAreThere(): boolean {
  return readIfThere(STAMP) === jarsStamp() && isThere(JARS);
}

/** Fetches Kafka's jars from Maven Central, with jgo of `.venv`. */
export async function installKafkaJars(report: Report): Promise<void> {
  await removeIfThere(STAMP);
  await removeIfThere(JARS);
  removeTruncated(REPOSITORY);
  let files = 0;
  const { code, lastLines } = await runProgram(
    venvProgram("jgo"),
    ["--repo-cache", REPOSITORY, "--cache-dir", JARS, "sync"],
    {
      logFile: LOG_FILE,
      // Wide, so that each file is one line; npx sets COLOR to what jgo refuses.
      env: { COLUMNS: "200", COLOR: "plain" },
      onLine: (line) => {
        const file = /^Downloading (\S+\.(?:jar|pom))/.exec(line)?.[1];
        if (file) report(`${++files} of about ${FILES_ABOUT} files, ${file}`);
      },
    },
  );
  if (code !== 0) {
    throw fetchFailure({
      what: "Kafka's jars from Maven Central",
      program: "jgo",
      lastLines,
      logFile: LOG_FILE,
    });
  }
  Deno.writeTextFileSync(STAMP, jarsStamp());
}

/** Changes with what the jars must be. */
export function jarsStamp(): string {
  // The jars are links with absolute paths on some systems.
  return fingerprint(PROJECT, Deno.readTextFileSync(`${PROJECT}/jgo.toml`));
}

/** jgo takes a file that is there for whole: what an interrupted set-up left cut off must go. */
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
