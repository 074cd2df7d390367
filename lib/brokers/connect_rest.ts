import { interruptSignal } from "../client/interrupt.ts";
import { ownCommand } from "../client/own_command.ts";
import { until } from "../client/until.ts";
import { EngineError } from "./engine_error.ts";

/** A request to a worker's REST interface. */
export interface ConnectRequest {
  /** GET by default. */
  method?: "GET" | "PUT" | "POST" | "DELETE";
  /** What is sent, as JSON. */
  body?: unknown;
  /** What is asked for, as the error says it: "start the connector orders". */
  what: string;
  /** After how long to give up on a worker that is not there, or is rebalancing. Default: 30,000. */
  deadlineMs?: number;
}

/** How long one answer may take. */
const ANSWER_MS = 10_000;

/** A worker that joins its group again answers so, and does what it is asked a moment later. */
const NOT_NOW = [409, 503];
const NOT_NOW_SAID = /timed out|rebalance|leader/i;

/**
 * Asks a worker of Kafka Connect, again while it is rebalancing or on its way up.
 *
 * @param url The worker's address: "http://127.0.0.1:8083".
 * @param path What is asked for: "/connectors".
 * @param request The method, the body, what an error says, and when to give up.
 * @returns Its answer, and undefined if there is no such thing (404).
 * @throws {EngineError} If it refuses; the message is its own.
 * @throws {DeadlineError} If it does not answer in time, with what it said last.
 * @throws {InterruptedError} If interrupted meanwhile.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * const request = { what: "list connectors", deadlineMs: 50 };
 *
 * await assertRejects(
 *   () => askConnect("http://127.0.0.1:1", "/connectors", request),
 *   Error,
 *   "list connectors",
 * );
 * ```
 */
export async function askConnect<T>(
  url: string,
  path: string,
  { method = "GET", body, what, deadlineMs = 30_000 }: ConnectRequest,
): Promise<T | undefined> {
  const { answer } = await until(async () => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([
        interruptSignal(),
        AbortSignal.timeout(ANSWER_MS),
      ]),
    });
    const text = await response.text();
    if (response.status === 404) return { answer: undefined };
    if (response.ok) return { answer: text ? JSON.parse(text) : undefined };
    const said = messageIn(text) || `it answers ${response.status}`;
    const isFault = response.status >= 500;
    if (
      NOT_NOW.includes(response.status) || isFault && NOT_NOW_SAID.test(said)
    ) throw new Error(said);
    const more = isFault
      ? `; '${ownCommand("kafka logs connect")}' may tell more`
      : "";
    throw new Refusal(`Cannot ${what}: ${said}${more}`);
  }, {
    what: `Connect to ${what}`,
    deadlineMs,
    intervalMs: 100,
    isFinal: (error) => error instanceof Refusal,
  });
  return answer;
}

class Refusal extends EngineError {}

/** Its message, in one line. Of several faults of a configuration, each has a line. */
function messageIn(text: string): string {
  try {
    return String(JSON.parse(text).message)
      .replace(/\nYou can also find the above list.*/s, "")
      .split("\n").map((line) => line.trim()).filter(Boolean).join(" ");
  } catch {
    return "";
  }
}
