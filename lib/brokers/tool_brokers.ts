import {
  type Connection,
  connectionFromEnvironment,
} from "../client/connection.ts";
import { parseAddress } from "../client/address.ts";
import { knock } from "../client/knock.ts";
import type { FindingKind } from "../client/finding.ts";
import type { Engine } from "./engine.ts";
import { brokersOfTool, withBootstrapServer } from "./tool_catalog.ts";

/** What no waiting helps against. */
const FINAL: FindingKind[] = ["encryption", "certificate", "login"];

/** How long to look for a reason, over all. */
const KNOCK_MS = 2_000;

/**
 * Knocks at the brokers that a tool is going to ask, as the tool will, and says
 * why none of them takes it. Java's own words for it fill thirty lines, or come
 * after a minute.
 *
 * @param engine What will run the tool.
 * @param name The tool, as `toolNamed()` allows.
 * @param args Its arguments.
 * @returns `reason`, what was found and what to do, as a clause; `isFinal`, whether no waiting helps. Undefined
 * if a broker answers, or if none can be asked.
 * @throws {EngineError} If there is no such tool.
 * @throws {ConnectionError} If a variable such as `KAFKA_SSL` has a value that cannot be meant.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { findEngine } from "./find_engine.ts";
 *
 * const engine = await findEngine("local");
 * const why = await whyNoBroker(engine, "topics", ["--bootstrap-server", "localhost:1", "--list"]);
 * assertEquals(why, { reason: "nothing listens at localhost:1", isFinal: false });
 * ```
 */
export async function whyNoBroker(
  engine: Engine,
  name: string,
  args: string[],
): Promise<{ reason: string; isFinal: boolean } | undefined> {
  const connection = connectionFromEnvironment();
  const addresses = brokersOfTool(
    name,
    withBootstrapServer(name, args, defaultBrokers(engine, connection)),
  ).flatMap((address) => parseAddress(address) ?? []);
  const { ssl, sasl } = connection;
  const answers = await Promise.all(
    addresses.map((address) =>
      knock(address, {
        ssl,
        hasLogin: sasl !== undefined,
        timeoutMs: KNOCK_MS,
      })
    ),
  );
  const broken = answers.filter(({ kind }) => kind !== "kafka");
  if (answers.length === 0 || broken.length < answers.length) return undefined;
  const isFinal = broken.every(({ kind }) => FINAL.includes(kind));
  // What cannot be reached from here, a tool in a container may reach.
  if (!isFinal && engine.name !== "local") return undefined;
  const findings = [...new Set(broken.map(({ finding }) => finding))];
  const { advice } = broken.find(({ advice }) => advice !== undefined) ?? {};
  return {
    reason: [findings.join("; "), ...(advice ? [advice] : [])].join(": "),
    isFinal,
  };
}

function defaultBrokers(
  engine: Engine,
  { chosen, brokers }: Connection,
): string {
  return (chosen ? brokers : engine.addresses()).join(",");
}
