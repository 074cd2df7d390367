import type { Engine } from "lib/brokers/engine.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { EngineUnavailableError } from "lib/brokers/engine_error.ts";
import { lockOf } from "./setup/lock.ts";

/** The services beside the brokers; what depends on another comes first. */
const SERVICES = ["connect-exactly-once", "connect", "postgres"];

/**
 * Waits until nobody else has PostgreSQL and Connect: whoever breaks them would break another's work.
 *
 * @param signal Ends the wait.
 * @returns Disposing of it lets the next one have them.
 */
export async function servicesForOneself(
  signal?: AbortSignal,
): Promise<Disposable> {
  return await lockOf("services.lock", {
    waiting: "waiting for whoever has PostgreSQL and Connect",
    signal,
  });
}

/** Disposing of what it returns ends those services that did not run when this was called. */
export async function servicesAsTheyWere(
  findOne: () => Promise<Engine> = findEngine,
): Promise<AsyncDisposable> {
  const before = await runningOnes(findOne);
  return {
    async [Symbol.asyncDispose]() {
      const services = (await runningOnes(findOne))
        .filter((service) => !before.includes(service));
      if (services.length > 0) await (await findOne()).down({ services });
    },
  };
}

async function runningOnes(findOne: () => Promise<Engine>): Promise<string[]> {
  try {
    const engine = await findOne();
    const status = await engine.status({ services: SERVICES });
    return status.filter(({ state }) => state !== "absent")
      .map(({ service }) => service);
  } catch (error) {
    if (error instanceof EngineUnavailableError) return [];
    throw error;
  }
}
