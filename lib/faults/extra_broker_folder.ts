import type { EngineName, EngineOptions } from "../brokers/engine.ts";
import { engineFolders } from "../brokers/engine_folders.ts";
import {
  identifyProcess,
  type ProcessIdentity,
  processState,
} from "../brokers/process_identity.ts";

/** The name of the one service in an extra broker's Compose file. */
export const EXTRA_BROKER = "extra";

/** Who started an extra broker, and how. */
export interface ExtraBrokerOwner {
  /** The process that it must not outlive. */
  process: ProcessIdentity;
  /** What runs it. */
  engine: EngineName;
}

/**
 * The folder in which each extra broker has one: `.kafka/extra-brokers` of the project.
 *
 * @returns The path, whether there is a folder or not.
 */
export function extraBrokersFolder(): string {
  return `${engineFolders().state}/extra-brokers`;
}

/**
 * An engine's files and folders for the extra broker of a folder; its containers are none of the project's.
 *
 * @param folder The broker's folder.
 * @returns The options for `findEngine()`.
 */
export function extraBrokerOptions(folder: string): EngineOptions {
  return {
    composeFile: `${folder}/compose.yaml`,
    stateFolder: folder,
    projectName: folder.slice(folder.lastIndexOf("/") + 1),
  };
}

/**
 * Notes this process as the owner of an extra broker.
 *
 * @param folder The broker's folder.
 * @param engine What will run it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * writeOwner(folder, "local");
 *
 * assertEquals(readOwner(folder)?.engine, "local");
 * assertEquals(isAbandoned(folder), false);
 * ```
 */
export function writeOwner(folder: string, engine: EngineName): void {
  const process = identifyProcess(Deno.pid) ??
    { pid: Deno.pid, started: "unknown" };
  const owner: ExtraBrokerOwner = { process, engine };
  Deno.writeTextFileSync(`${folder}/owner.json`, JSON.stringify(owner));
}

/**
 * Who started the extra broker of a folder; undefined if nobody wrote it down.
 *
 * @param folder The broker's folder.
 * @returns The owner, if it can be read.
 */
export function readOwner(folder: string): ExtraBrokerOwner | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(`${folder}/owner.json`));
  } catch {
    return undefined; // Missing, or written by half.
  }
}

/**
 * Whether the process that started the extra broker of a folder is gone.
 *
 * @param folder The broker's folder.
 * @returns False also where nobody wrote an owner down.
 */
export function isAbandoned(folder: string): boolean {
  const owner = readOwner(folder);
  return owner !== undefined && processState(owner.process) === "gone";
}
