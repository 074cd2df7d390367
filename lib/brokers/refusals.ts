import { pause } from "../client/interrupt.ts";
import { until } from "../client/until.ts";
import { denialsIn } from "./denials.ts";

/** Where a broker has turned a client away. */
export type RefusingLayer = "TLS" | "login" | "rights";

/** That a broker has turned a client away, as its log says it. */
export interface Refusal {
  /**
   * Before the connection was encrypted, before the client was known, or when it asked for
   * something. A client that speaks TLS to a listener without it is turned away by the login;
   * where there is no login either, this counts as TLS.
   */
  layer: RefusingLayer;
  /** The log's words, without what differs from run to run; of rights, who lacks which. */
  reason: string;
}

const FAILED =
  /Failed authentication with \/\S+ \(channelId=\S+\) \((.*)\) \(org\.apache\.kafka\./;
const TOKEN =
  /Could not validate the access token: .*Additional details: \[\[\d+\] (.*)/;
const UNEXPECTED =
  /InvalidRequestException: (Unexpected Kafka request of type \w+ during SASL handshake\.)/;
const TOO_LONG =
  /InvalidReceiveException: (Invalid receive \(size = \d+ larger than \d+\))/;

/**
 * Reads in a broker's log whom it has turned away, and in which layer. Where a
 * client looks at a certificate and goes, the broker knows only that the
 * handshake failed, or nothing.
 *
 * @param log The log: `await engine.logs("kafka")`, or an extra broker's `log()`.
 * @returns The refusals, the oldest first. One attempt may leave several.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const log =
 *   "[2026-11-26 12:00:00,000] INFO [SocketServer listenerType=BROKER, nodeId=1] Failed authentication with /127.0.0.1 " +
 *   "(channelId=127.0.0.1:9092-127.0.0.1:40484-11-0) (SSL handshake failed) (org.apache.kafka.common.network.Selector)";
 *
 * assertEquals(refusalsIn(log), [{ layer: "TLS", reason: "SSL handshake failed" }]);
 * ```
 */
export function refusalsIn(log: string): Refusal[] {
  return log.split("\n").flatMap((line) => refusalOn(line) ?? []);
}

/** A log that stands still for so long has said all of an attempt that is over. */
const QUIET_MS = 150;
const QUIET_BY_MS = 10_000;

/** What a broker in a container logs arrives by way of the container's engine. */
const LATE_MS = 2_000;

/**
 * Does something, and reads in the broker's log what was refused meanwhile. It
 * waits until the log stands still, as a broker may write after its client is
 * gone; so nothing else should use the broker.
 *
 * @param broker Whose log to read: an `extraBroker()`.
 * @param work What to do. It may not throw.
 * @param isExpected Whether the log says what it should; until it does, it is waited for 2 s longer. Anything will do by default.
 * @returns What `work` returned, and the part of the log that was written meanwhile.
 * @throws {DeadlineError} If the log does not stand still within 10 s.
 * @throws {ConsumerCrashError} If a consumer of the notebook crashes for good meanwhile.
 * @throws {InterruptedError} If the Stop button is pressed meanwhile.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * let log = "";
 * const broker = { log: () => Promise.resolve(log) };
 * const { result, logged } = await loggedDuring(broker, () => {
 *   log += "a line";
 *   return Promise.resolve("done");
 * });
 * assertEquals([result, logged], ["done", "a line"]);
 * ```
 */
export async function loggedDuring<T>(
  broker: { log(): Promise<string> },
  work: () => Promise<T>,
  isExpected: (result: T, logged: string) => boolean = () => true,
): Promise<{ result: T; logged: string }> {
  const before = await broker.log();
  const result = await work();
  const lateAt = Date.now() + LATE_MS;
  let length = -1;
  await until(async () => {
    await pause(QUIET_MS);
    const last = length;
    const log = await broker.log();
    length = log.length;
    return length === last &&
      (Date.now() > lateAt || isExpected(result, addedTo(before, log)));
  }, { what: "a broker's log that stands still", deadlineMs: QUIET_BY_MS });
  return { result, logged: addedTo(before, await broker.log()) };
}

/**
 * The lines that came in. Not simply the end: of a container the log is its standard output, and
 * behind that its standard error.
 */
function addedTo(before: string, after: string): string {
  const [old, now] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < old.length - 1 && old[start] === now[start]) start++;
  let end = 0;
  while (end < old.length - start && old.at(-1 - end) === now.at(-1 - end)) {
    end++;
  }
  return now.slice(start, now.length - end).join("\n");
}

/** What became of an attempt: what the client said of it, and what the broker noted. */
export interface Outcome {
  /** Its name. */
  attempt: string;
  /** The client's error; or what the attempt returned, as text, or "done". */
  kafkajs: string;
  /** The layer of the first refusal in the broker's log; "-" if there is none. */
  layer: RefusingLayer | "-";
  /** The words of that refusal. */
  log: string;
}

/**
 * Makes attempts one after another, and puts what each client says of its own
 * beside what the broker's log says meanwhile.
 *
 * @param broker Whose log to read: an `extraBroker()`.
 * @param attempts What to do, each by a name.
 * @returns A row for each attempt, in their order.
 * @throws {DeadlineError} If the log does not stand still after an attempt.
 * @throws {ConsumerCrashError} If a consumer of the notebook crashes for good meanwhile.
 * @throws {InterruptedError} If the Stop button is pressed meanwhile.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const broker = { log: () => Promise.resolve("") };
 * const [outcome] = await outcomesOf(broker, {
 *   "no TLS": () => Promise.reject(new Error("Closed connection")),
 * });
 * assertEquals(outcome, { attempt: "no TLS", kafkajs: "Closed connection", layer: "-", log: "" });
 * ```
 */
export async function outcomesOf(
  broker: { log(): Promise<string> },
  attempts: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [attempt, work] of Object.entries(attempts)) {
    const { result, logged } = await loggedDuring(
      broker,
      () => saying(work),
      ({ failed }, logged) => !failed || refusalsIn(logged).length > 0,
    );
    const [first] = refusalsIn(logged);
    outcomes.push({
      attempt,
      kafkajs: result.said,
      layer: first?.layer ?? "-",
      log: first?.reason ?? "",
    });
  }
  return outcomes;
}

async function saying(
  work: () => Promise<unknown>,
): Promise<{ said: string; failed: boolean }> {
  try {
    return { said: `${await work() ?? "done"}`, failed: false };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { said, failed: true };
  }
}

function refusalOn(line: string): Refusal | undefined {
  const failed = FAILED.exec(line)?.[1];
  if (failed !== undefined) {
    const layer = failed.startsWith("SSL handshake") ? "TLS" : "login";
    return { layer, reason: failed };
  }
  const token = TOKEN.exec(line)?.[1];
  if (token !== undefined) {
    return { layer: "login", reason: withoutToken(token) };
  }
  const unexpected = UNEXPECTED.exec(line)?.[1];
  if (unexpected !== undefined) return { layer: "login", reason: unexpected };
  const tooLong = TOO_LONG.exec(line)?.[1];
  if (tooLong !== undefined) return { layer: "TLS", reason: tooLong };
  const [denial] = denialsIn(line);
  if (denial === undefined) return undefined;
  const { principal, operation, resourceType, resource } = denial;
  return {
    layer: "rights",
    reason:
      `${principal} is denied ${operation} on ${resourceType} ${resource}`,
  };
}

/** Behind its words stand the token and the time. */
function withoutToken(details: string): string {
  return details.split(
    /: JsonWebSignature| - the evaluation time|\.?\](?: \(|$)/,
  )[0]!;
}
