import type { ProcessIdentity } from "../process_identity.ts";

/**
 * What the local engine keeps in a file about a service it has started, so
 * that a later command finds it, even where `compose.yaml` has changed since.
 */
export interface ServiceRecord {
  service: string;
  role: "broker" | "controller" | "connect" | "postgres";
  /** Where clients of this host reach it; a controller has none. */
  address?: string;
  /** A listener of this host without encryption, to ask how it is. */
  probe: string;
  stopGraceMs: number;
  /** Its process; missing while it is being launched. */
  process?: ProcessIdentity;
  /** Whether it has answered since it was launched: it is slow from then on, not starting. */
  wasReady?: boolean;
  /** How it was ended on purpose; missing while it runs, and when it died by itself. */
  ended?: "stopped" | "killed";
}

/**
 * Where a service's things are: its data, configuration, log and record.
 *
 * @param stateFolder The folder of all services.
 * @param service The name of one.
 * @returns The path of its folder.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(serviceFolder(".kafka", "kafka-1"), ".kafka/brokers/kafka-1");
 * ```
 */
export function serviceFolder(stateFolder: string, service: string): string {
  return `${stateFolder}/brokers/${service}`;
}

/**
 * Reads a service's record; undefined if it was never started, or was ended by `down`.
 *
 * @param folder The service's folder.
 * @returns The record, if there is one that can be read.
 * @throws {Error} The system's, if the file cannot be opened.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readRecord("no/such/folder"), undefined);
 * ```
 */
export function readRecord(folder: string): ServiceRecord | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(`${folder}/service.json`));
  } catch (error) {
    // A record that cannot be read is as good as none: the process is found by its mark.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Writes a service's record aside and renames, so that nobody reads half of it.
 *
 * @param folder The service's folder.
 * @param record What to write.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * writeRecord(folder, {
 *   service: "kafka",
 *   role: "broker",
 *   probe: "127.0.0.1:9092",
 *   stopGraceMs: 10_000,
 * });
 *
 * assertEquals(readRecord(folder)?.service, "kafka");
 * ```
 */
export function writeRecord(folder: string, record: ServiceRecord): void {
  Deno.mkdirSync(folder, { recursive: true });
  const aside = `${folder}/service.json.${Deno.pid}`;
  Deno.writeTextFileSync(aside, JSON.stringify(record, undefined, 2) + "\n");
  Deno.renameSync(aside, `${folder}/service.json`);
}

/**
 * Removes a service's record, if there is one.
 *
 * @param folder The service's folder.
 * @throws {Error} The system's, if it cannot be deleted.
 */
export function removeRecord(folder: string): void {
  try {
    Deno.removeSync(`${folder}/service.json`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * The services that have a folder, whatever `compose.yaml` says now.
 *
 * @param stateFolder The folder of all services.
 * @returns Their names, sorted.
 * @throws {Error} The system's, if the folder cannot be read.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(servicesWithFolder("no/such/folder"), []);
 * ```
 */
export function servicesWithFolder(stateFolder: string): string[] {
  try {
    return [...Deno.readDirSync(`${stateFolder}/brokers`)]
      .filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
