import type { Engine, EngineOptions } from "./engine.ts";
import { EngineUnavailableError } from "./engine_error.ts";

/** Runs the brokers as plain processes of this host, from Apache's own jars. */
export function localEngine(_options: EngineOptions = {}): Promise<Engine> {
  return Promise.reject(
    new EngineUnavailableError("this version has no local engine yet"),
  );
}
