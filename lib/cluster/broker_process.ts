import { createHash } from "node:crypto";
import { statfsSync } from "node:fs";
import { markOf } from "./broker_mark.ts";
import { DISK_FULL, failureIn, readLog } from "./broker_log.ts";
import type { HostConfiguration } from "./host_configuration.ts";
import { isThere } from "./is_there.ts";
import {
  javaArguments,
  javaEnvironment,
  type KafkaRuntime,
} from "./kafka_runtime.ts";
import {
  LOG_CONFIGURATION,
  TOOLS_LOG_CONFIGURATION,
} from "./log_configuration.ts";
import { identifyProcess, type ProcessIdentity } from "./process_identity.ts";

/** One of the two JVMs that make up a broker's start. */
export interface BrokerStart {
  runtime: KafkaRuntime;
  configuration: HostConfiguration;
  /** The service's folder on this host. */
  folder: string;
  /** More options for the broker's JVM. */
  options?: string[];
}

/** What is written once a broker's configuration and data folder are ready. */
interface Prepared {
  key: string;
  kafkaVersion: string;
}

/** The class that runs a broker or controller. */
export const BROKER_CLASS = "kafka.Kafka";

/**
 * Makes `server.properties` out of the environment and formats the data
 * folder, by the class that Kafka's own image uses for both. It is skipped
 * where nothing has changed since it was done.
 *
 * @returns Whether there was something to do.
 * @throws {Error} If Kafka refuses the environment; the message is Kafka's.
 */
export async function prepareBroker(start: BrokerStart): Promise<boolean> {
  const { runtime, configuration, folder } = start;
  const path = `${folder}/prepared.json`;
  const key = preparationKey(start);
  const formatted = configuration.dataFolders.every((folder) =>
    isThere(`${folder}/meta.properties`)
  );
  if (formatted && readPrepared(folder)?.key === key) return false;

  const config = `${folder}/config`;
  for (const name of ["default", "mounted", "final"]) {
    Deno.mkdirSync(`${config}/${name}`, { recursive: true });
  }
  const defaults = `${config}/default`;
  Deno.writeTextFileSync(`${defaults}/server.properties`, "");
  Deno.writeTextFileSync(`${defaults}/log4j2.yaml`, LOG_CONFIGURATION);
  Deno.writeTextFileSync(
    `${defaults}/tools-log4j2.yaml`,
    TOOLS_LOG_CONFIGURATION,
  );
  const { code, stdout, stderr } = await new Deno.Command(runtime.java.path, {
    args: javaArguments(runtime, {
      options: [
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        markOf(folder),
      ],
      mainClass: "kafka.docker.KafkaDockerWrapper",
      args: [
        ...["setup", "--default-configs-dir", defaults],
        ...["--mounted-configs-dir", `${config}/mounted`],
        ...["--final-configs-dir", `${config}/final`],
      ],
    }),
    clearEnv: true,
    env: javaEnvironment(configuration.environment),
    cwd: folder,
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  // The image's own start script accepts this, too.
  if (code !== 0 && !/already formatted/i.test(said)) {
    throw new Error(
      failureIn(said) ?? (said.trim() || `it ended with ${code}`),
    );
  }
  const prepared: Prepared = { key, kafkaVersion: runtime.jars.kafkaVersion };
  Deno.writeTextFileSync(path, JSON.stringify(prepared));
  return true;
}

/** The Kafka version that last used a service's data; undefined if none did. */
export function preparedVersion(folder: string): string | undefined {
  return readPrepared(folder)?.kafkaVersion;
}

/**
 * Starts a broker in a session of its own, so that neither the end of this
 * process nor an interrupt of its process group reaches it.
 *
 * @returns The process, or undefined if it has ended already.
 */
export async function launchBroker(
  start: BrokerStart,
): Promise<ProcessIdentity | undefined> {
  const { runtime, configuration, folder } = start;
  const log = `${folder}/log`;
  Deno.mkdirSync(log, { recursive: true });
  for (const name of ["server.log", "jvm.log"]) {
    keepPrevious(`${log}/${name}`);
  }
  const config = `${folder}/config/final`;
  const args = javaArguments(runtime, {
    options: [
      ...configuration.jvmOptions,
      ...(start.options ?? []),
      markOf(folder),
      `-Dkafka.logs.dir=${log}`,
      `-Dlog4j2.configurationFile=${fileUrl(`${config}/log4j2.yaml`)}`,
    ],
    mainClass: BROKER_CLASS,
    args: [`${config}/server.properties`],
  });
  // The shell tells the number and ends at once, so that the broker is nobody's child here.
  // (Deno obeys `detached` in `spawn()` only.)
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: [
      "-c",
      'log=$1; shift; "$@" >"$log" 2>&1 </dev/null & echo $!',
      ...["sh", `${log}/jvm.log`, runtime.java.path, ...args],
    ],
    clearEnv: true,
    env: javaEnvironment(configuration.environment),
    cwd: folder,
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn().output();
  return identifyProcess(Number(new TextDecoder().decode(stdout)));
}

/** Below this a broker cannot go on. */
const LEAST_FREE_BYTES = 100_000;

/** Why a broker ended, as its disk or its log tells. */
export function whyItEnded(folder: string): string {
  // A write into a mapped file of a full disk fails as a memory fault, without naming the disk.
  if (freeBytes(`${folder}/data`) < LEAST_FREE_BYTES) return DISK_FULL;
  return failureIn(readLog(folder)) ??
    "it ended without a word in its log (killed by another process, or by the system for lack of memory)";
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Infinity; // There is no such folder.
  }
}

function preparationKey({ runtime, configuration }: BrokerStart): string {
  const { environment } = configuration;
  const settings = Object.keys(environment).sort()
    .map((key) => [key, environment[key]]);
  return createHash("sha256").update(JSON.stringify([
    runtime.jars.kafkaVersion,
    settings,
    LOG_CONFIGURATION,
    TOOLS_LOG_CONFIGURATION,
  ])).digest("hex");
}

function readPrepared(folder: string): Prepared | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(`${folder}/prepared.json`));
  } catch {
    return undefined; // Missing, or written by half: then it is done again.
  }
}

function keepPrevious(path: string) {
  if (isThere(path)) {
    Deno.renameSync(path, path.replace(/\.log$/, ".previous.log"));
  }
}

function fileUrl(path: string): string {
  return `file://${path.split("/").map(encodeURIComponent).join("/")}`;
}
