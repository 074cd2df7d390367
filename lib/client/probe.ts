import { ownCommand } from "./own_command.ts";
import { formatAddress, parseAddress } from "./address.ts";
import type { Connection } from "./connection.ts";
import type { Credentials, Finding } from "./finding.ts";
import { knock } from "./knock.ts";
import { tryLogin } from "./try_login.ts";

/** What a knock at an address found. */
export interface ProbeAnswer extends Finding {
  /** The address, `host:port`. */
  address: string;
}

/** How {@linkcode probeBroker} knocks: as a client with these credentials would. */
export interface ProbeOptions extends Credentials {
  /** After how long to call it silence, in milliseconds. 2 s by default. */
  timeoutMs?: number;
}

/**
 * Thrown when no broker answers. Its message says what to do.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { connectionFromEnvironment } from "./connection.ts";
 *
 * const nowhere = connectionFromEnvironment({ KAFKA_BROKERS: "127.0.0.1:1" });
 * await assertRejects(() => findBroker(nowhere), NoBrokerError, "127.0.0.1:1");
 * ```
 */
export class NoBrokerError extends Error {
  override name = "NoBrokerError";
  /** What was found at each address. */
  answers: ProbeAnswer[] = [];
}

/**
 * Finds out within two seconds what, if anything, listens at an address, and
 * whether it takes a client with this TLS and this login. KafkaJS would retry
 * a dead address for ten seconds, not tell a web server from a broker, and not
 * say that a certificate has expired or that a login is missing.
 *
 * @param address The broker's `host:port`; an IPv6 address in brackets.
 * @param options The client's TLS and login, and how long all of it may take.
 * @returns What answered. It never throws because of what it finds.
 * @throws {RangeError} If the address is not one.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const answer = await probeBroker("localhost:1");
 * assertEquals(answer.kind, "nothing");
 * assertEquals(answer.finding, "nothing listens at localhost:1");
 * ```
 */
export async function probeBroker(
  address: string,
  { timeoutMs = 2_000, ssl, sasl }: ProbeOptions = {},
): Promise<ProbeAnswer> {
  const at = parseAddress(address);
  if (!at) {
    throw new RangeError(
      `Cannot probe a broker as its address must be host:port: current value is '${address}'`,
    );
  }
  const began = Date.now();
  const found = await knock(at, {
    ssl,
    hasLogin: sasl !== undefined,
    timeoutMs,
  });
  const refused = found.kind === "kafka" && sasl
    ? await tryLogin(
      at,
      { ssl, sasl },
      Math.max(1, timeoutMs - (Date.now() - began)),
    )
    : undefined;
  return { address: formatAddress(at), ...(refused ?? found) };
}

/**
 * Finds a broker that answers, or says in one sentence why there is none and
 * what to do. All addresses are asked at once.
 *
 * @param connection The addresses, as `connectionFromEnvironment()` reads them.
 * @param options How long to wait, and what to advise.
 * @param options.timeoutMs After how many milliseconds to call it silence, 2 s by default.
 * @param options.startWith The command that starts these brokers, for the error. `deno task kafka up` by default.
 * @returns The first of the addresses at which a broker answered.
 * @throws {NoBrokerError} If none does, within `timeoutMs`.
 * @throws {RangeError} If one of the addresses is not one.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () => findBroker({ brokers: ["localhost:1"], ssl: false, chosen: false }),
 *   NoBrokerError,
 *   "nothing listens at localhost:1: start Kafka with",
 * );
 * ```
 */
export async function findBroker(
  { brokers, ssl, sasl, chosen }: Connection,
  { timeoutMs = 2_000, startWith = ownCommand("kafka up") }: {
    timeoutMs?: number;
    startWith?: string;
  } = {},
): Promise<string> {
  const answers = await Promise.all(
    brokers.map((address) => probeBroker(address, { timeoutMs, ssl, sasl })),
  );
  const found = answers.find(({ kind }) => kind === "kafka");
  if (found) return found.address;
  const findings = answers.map(({ finding }) => finding).join("; ");
  const error = new NoBrokerError(
    `No Kafka: ${findings}: ${advice(answers, chosen, startWith)}`,
  );
  error.answers = answers;
  throw error;
}

function advice(
  answers: ProbeAnswer[],
  chosen: boolean,
  startWith: string,
): string {
  const kinds = new Set(answers.map(({ kind }) => kind));
  const known = answers.find(({ advice }) => advice !== undefined);
  if (known) return known.advice!;
  if (chosen) {
    return `check KAFKA_BROKERS, or unset it and start Kafka with '${startWith}'`;
  }
  if (kinds.has("silence")) {
    return `is the broker frozen? '${ownCommand("kafka status")}' says`;
  }
  if (kinds.has("stranger")) {
    return `end that process, then start Kafka with '${startWith}'`;
  }
  return `start Kafka with '${startWith}'`;
}
