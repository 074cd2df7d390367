import { ownCommand } from "../client/own_command.ts";
import { EngineError } from "./engine_error.ts";

/**
 * What to throw when no broker has a partition's folder.
 *
 * @param name The folder, such as "orders-0".
 * @param services The services that were asked.
 * @returns The error.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   noPartitionFolder("orders-0", ["kafka"]).message,
 *   "Cannot find the files of partition orders-0: kafka has none; is the topic on another cluster?",
 * );
 * ```
 */
export function noPartitionFolder(
  name: string,
  services: string[],
): EngineError {
  return new EngineError(
    services.length === 0
      ? `Cannot find the files of partition ${name}: no broker is there; start one with '${
        ownCommand("kafka up")
      }'`
      : `Cannot find the files of partition ${name}: ${
        services.join(" and ")
      } ${
        services.length === 1 ? "has" : "have"
      } none; is the topic on another cluster?`,
  );
}
