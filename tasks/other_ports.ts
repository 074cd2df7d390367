import { freePorts } from "lib/brokers/ports.ts";

/** Every port of the services in compose.yaml: 9092, 19092, 19192 and so on, PostgreSQL's and Connect's. */
const BROKER_PORT = /(?<=:)(?:909[2-4]|19[0-3]9[2-4]|15432|808[34])\b/g;

/**
 * The text of compose.yaml with free ports in place of its own, so that
 * brokers of it run beside the user's.
 *
 * @param composeText The text.
 * @param choose Chooses so many free ports; `freePorts()` by default.
 * @returns The text, and which port stands in place of one of the original.
 */
export function onFreePorts(
  composeText: string,
  choose: (count: number) => number[] = freePorts,
): { text: string; port: (original: number) => number } {
  const originals = [...new Set(composeText.match(BROKER_PORT))];
  const free = choose(originals.length);
  const ports = new Map(originals.map((original, i) => [original, free[i]]));
  return {
    text: composeText.replace(
      BROKER_PORT,
      (original) => String(ports.get(original)),
    ),
    port: (original) => ports.get(String(original)) ?? original,
  };
}
