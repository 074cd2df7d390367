import { EngineError } from "./engine_error.ts";
import { findEngine } from "./find_engine.ts";

/**
 * Tells by which address Kafka's tools reach what listens in this process, such
 * as a `tcpFaultProxy()`. Tools of the local engine run beside it; those of
 * containers come from the containers' own network.
 *
 * @returns `127.0.0.1`, or an address of this host that containers can reach too.
 * @throws {EngineError} If there is no such address.
 *
 * @example Usage
 * ```ts
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(await addressForTools(), /^\d+\.\d+\.\d+\.\d+$/);
 * ```
 */
export async function addressForTools(): Promise<string> {
  const { name } = await findEngine("auto");
  if (name === "local") return "127.0.0.1";
  const outer = Deno.networkInterfaces().find(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  );
  if (outer) return outer.address;
  throw new EngineError(
    "Cannot let containers connect to this process as the host has no other IPv4 address than its loopback",
  );
}
