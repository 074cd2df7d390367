import {
  containerEngine,
  containersInUse,
} from "./containers/container_engine.ts";
import type { Engine, EngineName, EngineOptions } from "./engine.ts";
import { EngineError, EngineUnavailableError } from "./engine_error.ts";
import { localEngine } from "./local/local_engine.ts";

/**
 * Finds the engine that runs the brokers.
 *
 * "auto" takes the variable `KAFKA_ENGINE` if it is set; then the local engine
 * if it runs something; then containers if there are some; then the local
 * engine if `deno task setup` has fetched what it needs; then Docker or Podman
 * if one answers.
 *
 * @param choice An engine's name, or "auto".
 * @param options Other files and folders than the project's own.
 * @returns The engine. Whether it runs something, its `status()` says.
 * @throws {EngineUnavailableError} If the engine cannot run on this machine.
 * @throws {EngineError} If `KAFKA_ENGINE` does not name one, or the Compose file is missing or malformed.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const engine = await findEngine("local");
 * assertEquals(engine.addresses(), ["localhost:9092"]);
 * // await engine.up({ onProgress: console.log });
 * ```
 */
export async function findEngine(
  choice: "auto" | EngineName = "auto",
  options: EngineOptions = {},
): Promise<Engine> {
  const chosen = choice === "auto" ? engineFromEnvironment() : choice;
  if (chosen === "compose") return await containerEngine(options);
  const local = localEngine(options);
  if (chosen === "local" || local.inUse()) return local;
  if (await containersInUse(options)) return await containerEngine(options);
  const missing = local.missing();
  if (missing === undefined) return local;
  try {
    return await containerEngine(options);
  } catch (error) {
    if (!(error instanceof EngineUnavailableError)) throw error;
    throw new EngineUnavailableError(
      `${missing} (nor can it run in containers: ${error.message})`,
    );
  }
}

function engineFromEnvironment(): EngineName | "auto" {
  const name = Deno.env.get("KAFKA_ENGINE") ?? "auto";
  if (name === "auto" || name === "compose" || name === "local") return name;
  throw new EngineError(
    `Cannot choose an engine as KAFKA_ENGINE must be "auto", "compose" or "local": current value is "${name}"`,
  );
}
