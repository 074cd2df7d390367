import { findEngine } from "../brokers/find_engine.ts";
import { EngineError } from "../brokers/engine_error.ts";
import {
  EXTRA_BROKER,
  extraBrokerOptions,
  extraBrokersFolder,
  isAbandoned,
  readOwner,
} from "./extra_broker_folder.ts";
import { isThere } from "../brokers/is_there.ts";

/**
 * Ends an extra broker and deletes its folder. One that has ended is left
 * alone, so it may be called by its owner and by who watches the owner.
 *
 * @param folder The broker's folder.
 * @throws {EngineError} If its process or its container cannot be ended.
 *
 * @example Usage
 * ```ts
 * const folder = await Deno.makeTempDir();
 *
 * await endExtraBroker(folder); // Nobody has started one there.
 * ```
 */
export async function endExtraBroker(folder: string): Promise<void> {
  const owner = readOwner(folder);
  if (owner && isThere(`${folder}/compose.yaml`)) {
    const engine = await findEngine(owner.engine, extraBrokerOptions(folder));
    // Its data goes anyway, so nothing is lost by not asking it to stop.
    await engine.kill(EXTRA_BROKER).catch((error) => {
      if (!(error instanceof EngineError)) throw error; // It does not run.
    });
    await engine.reset({ services: [EXTRA_BROKER] });
  }
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/**
 * Ends the extra brokers whose owners are gone and that nobody has ended.
 *
 * @throws {EngineError} If one of them cannot be ended.
 */
export async function endAbandoned(): Promise<void> {
  for (const name of namesIn(extraBrokersFolder())) {
    const folder = `${extraBrokersFolder()}/${name}`;
    if (isAbandoned(folder)) await endExtraBroker(folder);
  }
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return []; // There has never been one.
  }
}

if (import.meta.main) {
  await endExtraBroker(Deno.args[0] ?? "");
}
