/**
 * An engine could not do what was asked. The message is one sentence that says
 * what was tried, why it failed and what to do.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { readComposeFile } from "./compose/compose_file.ts";
 *
 * assertThrows(() => readComposeFile("no/such/file"), EngineError, "there is no such file");
 * ```
 */
export class EngineError extends Error {
  override name = "EngineError";
}

/**
 * This engine cannot run here at all, such as when Docker or Java is missing.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { engineFolders } from "./engine_folders.ts";
 * import { findRuntime } from "./local/kafka_runtime.ts";
 *
 * const nowhere = engineFolders({ jarsFolder: "no/such/folder" });
 * assertThrows(() => findRuntime(nowhere), EngineUnavailableError, "deno task setup");
 * ```
 */
export class EngineUnavailableError extends EngineError {
  override name = "EngineUnavailableError";
}
