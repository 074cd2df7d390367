import type { Engine } from "../brokers/engine.ts";
import { EngineError } from "../brokers/engine_error.ts";
import { findEngine } from "../brokers/find_engine.ts";

/** A service beside the brokers that a notebook may break. */
export interface OwnService {
  /** Ends it as a crash would (SIGKILL). */
  kill(): Promise<void>;
  /** Ends it in an orderly way. */
  stop(): Promise<void>;
  /** Starts it, and waits until it is ready. */
  start(): Promise<void>;
  /** Halts it: it is there, and silent. */
  freeze(): Promise<void>;
  /** Lets it go on, and waits until it answers. */
  thaw(): Promise<void>;
}

/**
 * A service of `compose.yaml`, started with what it depends on if it does not
 * run, and repaired if an earlier run has left it frozen or killed.
 *
 * @param name The service: "postgres".
 * @returns What breaks and mends it, and the engine that runs it.
 * @throws {EngineUnavailableError} If nothing on this machine can run it.
 * @throws {EngineError} If it cannot be started; the message says why and what to do.
 * @throws {DeadlineError} If it is frozen and does not answer after it was thawed.
 */
export async function ownService(
  name: string,
): Promise<{ service: OwnService; engine: Engine }> {
  const engine = await findEngine();
  await engine.up({
    services: [name],
    onProgress: (line) => {
      // What is done once, and takes a while; not each file that is fetched.
      if (/, once$/.test(line)) console.log(`${line} …`);
    },
  });
  const service: OwnService = {
    kill: () => engine.kill(name),
    stop: () => engine.stop(name),
    start: () => engine.start(name),
    freeze: () => engine.freeze(name),
    thaw: () => engine.thaw(name),
  };
  return { service, engine };
}

/**
 * Somebody else's server, which must not be broken.
 *
 * @param what The server, as the error names it.
 * @param variable The variable that names it.
 * @returns What refuses to break it.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * const service = foreignService("the PostgreSQL at db.example.com", "DATABASE_URL");
 *
 * await assertRejects(() => service.kill(), Error, "unset DATABASE_URL");
 * ```
 */
export function foreignService(what: string, variable: string): OwnService {
  const refuse = (verb: string) => () =>
    Promise.reject(
      new EngineError(
        `Cannot ${verb} ${what}: a notebook breaks only the project's own service; unset ${variable}, then restart the kernel and run this notebook again`,
      ),
    );
  return {
    kill: refuse("kill"),
    stop: refuse("stop"),
    start: refuse("start"),
    freeze: refuse("freeze"),
    thaw: refuse("thaw"),
  };
}
