import { brokerIdsAt } from "../client/broker_ids_at.ts";
import type { ComposeService } from "./compose/compose_file.ts";
import { serviceAddress } from "./compose/compose_services.ts";
import { connectAnswers } from "./connect_probe.ts";
import { postgresAnswers } from "./postgres_probe.ts";

/**
 * Whether a service answers this host at the port that it publishes.
 *
 * @param service The service.
 * @returns Whether it does; true of one that has no address, or of which nothing is known that could be asked.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseComposeFile } from "./compose/compose_file.ts";
 *
 * const { services } = parseComposeFile(`
 * services:
 *   postgres:
 *     image: postgres:18
 *     ports: ["127.0.0.1:1:5432"]
 * `);
 *
 * assertEquals(await serviceAnswers(services[0]!), false);
 * ```
 */
export async function serviceAnswers(
  service: ComposeService,
): Promise<boolean> {
  const address = serviceAddress(service);
  if (address === undefined) return true;
  switch (service.kind) {
    case "kafka":
      return await brokerIdsAt(address) !== undefined;
    case "postgres":
      return await postgresAnswers(address);
    case "connect":
      return await connectAnswers(address);
    case "other":
      return true;
  }
}
