import { ownCommand } from "../../client/own_command.ts";
import { aotCachePath } from "./aot_cache.ts";
import type { EngineFolders } from "../engine_folders.ts";
import { EngineUnavailableError } from "../engine_error.ts";
import { isThere } from "../is_there.ts";
import { findJars, type Jars } from "./jars.ts";
import { findJava, type Java } from "./java.ts";

/** What running Kafka without containers takes. */
export interface KafkaRuntime {
  java: Java;
  jars: Jars;
  /** An AOT cache that fits both; undefined where none has been made. */
  aotCache: string | undefined;
}

/**
 * Finds what running Kafka without containers takes.
 *
 * @param folders Where to look.
 * @returns Java, the jars, and an AOT cache that fits both, if there is one.
 * @throws {EngineUnavailableError} If something is missing; the message says what to run.
 */
export function findRuntime(folders: EngineFolders): KafkaRuntime {
  const java = findJava(folders.python);
  if (!java) {
    throw new EngineUnavailableError(
      `Cannot run Kafka on this machine: no Java of at least 17 is in ${folders.python}, JAVA_HOME or PATH; run '${
        ownCommand("setup")
      }', which fetches one`,
    );
  }
  const jars = findJars(folders.jars);
  if (!jars) {
    throw new EngineUnavailableError(
      `Cannot run Kafka on this machine: its jars are not in ${folders.jars}; run '${
        ownCommand("setup")
      }', which fetches them`,
    );
  }
  const path = aotCachePath(folders.aot, java, jars);
  return { java, jars, aotCache: isThere(path) ? path : undefined };
}

/** A start of a Java class. */
export interface JavaStart {
  /** Options for the JVM, such as `-Xmx256m`. */
  options: string[];
  mainClass: string;
  args: string[];
}

/**
 * The arguments to give to `java`.
 *
 * @param runtime Java, the jars and the cache.
 * @param start What to run.
 * @returns The arguments, the class and its own among them.
 */
export function javaArguments(
  { java, jars, aotCache }: KafkaRuntime,
  { options, mainClass, args }: JavaStart,
): string[] {
  return [
    ...options,
    // The file is checked by the JVM: one that does not fit is left unused.
    ...(aotCache ? [`-XX:AOTCache=${aotCache}`] : []),
    // Warnings of the JVM's own would stand before what Kafka says.
    ...(java.feature >= 17 ? ["-Xlog:disable", "-Xlog:all=error:stderr"] : []),
    ...(java.feature >= 23 ? ["--sun-misc-unsafe-memory-access=allow"] : []),
    "-cp",
    jars.files.join(":"),
    mainClass,
    ...args,
  ];
}

/**
 * The environment for Kafka's processes: little of this one, so that no
 * `KAFKA_*` variable meant for clients becomes a broker's setting, and no
 * `JAVA_TOOL_OPTIONS` changes the JVM.
 *
 * @param more Variables to add.
 * @returns The variables.
 */
export function javaEnvironment(
  more: Record<string, string> = {},
): Record<string, string> {
  const kept = [
    ...["HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "USER"],
    // So that libeatmydata reaches the broker, which then waits for no disk.
    "LD_PRELOAD",
  ];
  const environment: Record<string, string> = {};
  for (const name of kept) {
    const value = Deno.env.get(name);
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...more };
}
