import { createHash } from "node:crypto";
import { statfsSync } from "node:fs";
import { processMark } from "../process_mark.ts";
import {
  DISK_FULL,
  failureIn,
  postgresFailureIn,
  readLog,
} from "../broker_log.ts";
import type { HostConfiguration } from "./host_configuration.ts";
import { isThere } from "../is_there.ts";
import {
  javaArguments,
  javaEnvironment,
  type KafkaRuntime,
} from "./kafka_runtime.ts";
import {
  fileUrl,
  LOG_CONFIGURATION,
  TOOLS_LOG_CONFIGURATION,
} from "./log_configuration.ts";
import type { ServiceRecord } from "./service_record.ts";
import type { ProcessIdentity } from "../process_identity.ts";
import { keepPreviousLogs, launchDetached } from "./launch_detached.ts";

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
 * @param start The broker to prepare.
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
        processMark(folder),
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

/**
 * The Kafka version that last used a service's data; undefined if none did.
 *
 * @param folder The service's folder.
 * @returns The version, such as "4.3.1".
 */
export function preparedVersion(folder: string): string | undefined {
  return readPrepared(folder)?.kafkaVersion;
}

/**
 * Starts a broker in a session of its own, so that neither the end of this
 * process nor an interrupt of its process group reaches it.
 *
 * @param start The broker to start, which is prepared.
 * @returns The process, or undefined if it has ended already.
 */
export async function launchBroker(
  start: BrokerStart,
): Promise<ProcessIdentity | undefined> {
  const { runtime, configuration, folder } = start;
  const log = `${folder}/log`;
  keepPreviousLogs(folder);
  const config = `${folder}/config/final`;
  const args = javaArguments(runtime, {
    options: [
      ...configuration.jvmOptions,
      ...(start.options ?? []),
      processMark(folder),
      `-Dkafka.logs.dir=${log}`,
      `-Dlog4j2.configurationFile=${fileUrl(`${config}/log4j2.yaml`)}`,
    ],
    mainClass: BROKER_CLASS,
    args: [`${config}/server.properties`],
  });
  return await launchDetached([runtime.java.path, ...args], {
    logFile: `${log}/jvm.log`,
    environment: javaEnvironment(configuration.environment),
    folder,
  });
}

/** Below this a broker cannot go on. */
const LEAST_FREE_BYTES = 100_000;

/**
 * Why a service ended, as its disk or its log tells.
 *
 * @param folder The service's folder.
 * @param role What the service is. Default: a broker.
 * @returns The reason, as a clause.
 */
export function whyItEnded(
  folder: string,
  role: ServiceRecord["role"] = "broker",
): string {
  // A write into a mapped file of a full disk fails as a memory fault, without naming the disk.
  if (freeBytes(`${folder}/data`) < LEAST_FREE_BYTES) return DISK_FULL;
  const log = readLog(folder);
  // The others go on after most of the errors that they log.
  const reason = role === "postgres"
    ? postgresFailureIn(log)
    : role === "connect"
    ? failureIn(/^.*Stopping due to error[^]*/m.exec(log)?.[0] ?? "")
    : failureIn(log);
  return reason ??
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
