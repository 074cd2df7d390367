import { connectionFromEnvironment } from "lib/client/connection.ts";
import { findBroker, NoBrokerError } from "lib/client/probe.ts";
import type { Engine, EngineName, EngineOptions } from "lib/brokers/engine.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { UsageError } from "./command.ts";
import { showStep } from "./setup/progress.ts";

/** The broker that a command works with. */
export interface Broker {
  address: string;
  /** The engine that started it, if this command did. */
  startedBy?: Engine;
}

/** Reads the option `--engine`. */
export function engineChoice(value: string): "auto" | EngineName {
  if (value === "auto" || value === "compose" || value === "local") {
    return value;
  }
  throw new UsageError(
    `Cannot use the engine '${value}': choose auto, compose or local.`,
  );
}

/**
 * The broker at KAFKA_BROKERS or localhost:9092 if Kafka answers there, else one started for it.
 *
 * @param places Other files and folders than the project's: then it is the broker of that compose file.
 */
export async function findOrStartBroker(
  engineName: "auto" | EngineName,
  places: EngineOptions = {},
): Promise<Broker> {
  const connection = places.composeFile === undefined
    ? connectionFromEnvironment()
    : {
      ...connectionFromEnvironment({}),
      brokers: (await findEngine(engineName, places)).addresses(),
    };
  try {
    return { address: await findBroker(connection) };
  } catch (error) {
    if (connection.chosen || !(error instanceof NoBrokerError)) throw error;
    // Something else holds the port: to start a broker there would only hide that.
    if (error.answers.some(({ kind }) => kind !== "nothing")) throw error;
  }
  const engine = await findEngine(engineName, places);
  const address = engine.addresses().at(0) ?? connection.brokers[0]!;
  await showStep(
    `Kafka broker on ${address}`,
    (report) => engine.up({ onProgress: report }),
  );
  return { address, startedBy: engine };
}

/** Stops the broker if this command has started it. */
export async function stopBroker(
  { address, startedBy }: Broker,
): Promise<void> {
  if (!startedBy) return;
  await showStep(
    `Stopping the broker on ${address}`,
    (report) => startedBy.down({ services: ["kafka"], onProgress: report }),
  );
}
