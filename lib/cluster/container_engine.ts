import type { Engine, EngineOptions } from "./engine.ts";
import { EngineUnavailableError } from "./engine_error.ts";

/** Runs the brokers as containers of Docker or Podman. */
export function containerEngine(_options: EngineOptions = {}): Promise<Engine> {
  return Promise.reject(
    new EngineUnavailableError("this version has no container engine yet"),
  );
}
