import type { ComposeFile, ComposeService } from "../compose/compose_file.ts";
import {
  clientAddress,
  isBroker,
  kafkaServices,
} from "../compose/compose_services.ts";

/**
 * Replaces the brokers' addresses on this host by those within the containers'
 * network: what runs in a container reaches a broker by its service's name.
 *
 * @param file The description of the brokers.
 * @param text Such as an argument of a Kafka tool.
 * @returns The text with the addresses replaced.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readComposeFile } from "../compose/compose_file.ts";
 *
 * assertEquals(
 *   withContainerAddresses(readComposeFile(), "bootstrap.servers=localhost:9092"),
 *   "bootstrap.servers=kafka:9093",
 * );
 * ```
 */
export function withContainerAddresses(
  file: ComposeFile,
  text: string,
): string {
  return kafkaServices(file).filter(isBroker).reduce((text, service) => {
    const outside = clientAddress(service);
    const inside = interBrokerAddress(service);
    if (!outside || !inside) return text;
    // Whole addresses only: not that of "not-localhost:9092", nor of "localhost:90921".
    const address = new RegExp(
      `(?<![\\w.-])${outside.replaceAll(/[.[\]]/g, "\\$&")}(?!\\d)`,
      "g",
    );
    return text.replace(address, inside);
  }, text);
}

/** The address that brokers use among themselves. */
function interBrokerAddress(
  { environment }: ComposeService,
): string | undefined {
  const name = environment.KAFKA_INTER_BROKER_LISTENER_NAME ?? "PLAINTEXT";
  const listeners = (environment.KAFKA_ADVERTISED_LISTENERS ?? "").split(",");
  return listeners.map((listener) => listener.trim().split("://"))
    .find(([each]) => each === name)?.[1];
}
