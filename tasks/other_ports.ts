import { freePorts } from "lib/cluster/ports.ts";

/** Every port of the Kafka services in compose.yaml: 9092, 19092, 19192 and so on. */
const BROKER_PORT = /(?<=:)(?:909[2-4]|19[0-3]9[2-4])\b/g;

/**
 * The text of compose.yaml with free ports in place of its own, so that
 * brokers of it run beside the user's.
 *
 * @returns The text, and which port stands in place of one of the original.
 */
export function onFreePorts(
  composeText: string,
): { text: string; port: (original: number) => number } {
  const originals = [...new Set(composeText.match(BROKER_PORT))];
  const free = freePorts(originals.length);
  const ports = new Map(originals.map((original, i) => [original, free[i]]));
  return {
    text: composeText.replace(
      BROKER_PORT,
      (original) => String(ports.get(original)),
    ),
    port: (original) => ports.get(String(original)) ?? original,
  };
}
