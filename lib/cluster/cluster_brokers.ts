/**
 * Where clients of this host reach the three brokers of the profile `cluster`
 * (`deno task kafka up --cluster`).
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "./compose_file.ts";
 * import { chooseServices, clientAddress } from "./compose_services.ts";
 *
 * const described = chooseServices(readComposeFile(), { cluster: true })
 *   .flatMap((service) => clientAddress(service) ?? []);
 *
 * assertEquals(CLUSTER_BROKERS, described);
 * ```
 */
export const CLUSTER_BROKERS: string[] = [
  "localhost:19092",
  "localhost:19192",
  "localhost:19292",
];
