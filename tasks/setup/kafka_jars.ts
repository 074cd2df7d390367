import { fetchJars } from "lib/brokers/jars/fetch_jars.ts";
import {
  fingerprint,
  readIfThere,
  removeIfThere,
} from "lib/brokers/jars/stamp.ts";
import { isThere } from "lib/brokers/is_there.ts";
import { KAFKA_FOLDER, PROJECT, shortPath, venvProgram } from "./paths.ts";
import type { Report } from "./progress.ts";

const JARS = `${KAFKA_FOLDER}/jars`;
const JARS_FILE = `${PROJECT}/jgo.toml`;
const LOCK = `${PROJECT}/jgo.lock.toml`;
const STAMP = `${KAFKA_FOLDER}/jars.stamp`;
const LOG_FILE = `${KAFKA_FOLDER}/logs/jars.log`;

/** How many files jgo fetches, so that progress has an end: about. */
const FILES_ABOUT = 92;

/** Whether the jars of `jgo.toml` are all there. */
export function kafkaJarsAreThere(): boolean {
  return readIfThere(STAMP) === jarsStamp() && isThere(JARS);
}

/** Fetches Kafka's jars from Maven Central, with jgo of `.venv`. */
export async function installKafkaJars(report: Report): Promise<void> {
  await removeIfThere(STAMP);
  await fetchJars({
    what: "Kafka's jars from Maven Central",
    file: JARS_FILE,
    lock: LOCK,
    to: JARS,
    repository: `${KAFKA_FOLDER}/m2`,
    jgo: venvProgram("jgo"),
    logFile: LOG_FILE,
    shortLogFile: shortPath(LOG_FILE),
    onFile: (count, name) =>
      report(`${count} of about ${FILES_ABOUT} files, ${name}`),
  }, { exitOnSignal: true });
  Deno.writeTextFileSync(STAMP, jarsStamp());
}

/** Changes with what the jars must be. */
export function jarsStamp(): string {
  // The jars are links with absolute paths on some systems.
  return fingerprint(PROJECT, Deno.readTextFileSync(JARS_FILE));
}
