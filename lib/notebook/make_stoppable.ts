import { interruptSignal } from "../client/interrupt.ts";

type Method = (...values: unknown[]) => unknown;

/**
 * Makes every call of a client end at once when the Stop button is pressed,
 * though the broker may never answer: KafkaJS alone would hold the cell for
 * half a minute and more. The client is the same object as before. A request
 * that is under way is not taken back; its outcome is only no longer awaited.
 *
 * @param client A producer, consumer, admin client or transaction of KafkaJS.
 * @returns The client.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { interrupt, InterruptedError } from "../client/interrupt.ts";
 *
 * const client = makeStoppable({ send: () => new Promise<never>(() => {}) });
 * const sending = client.send();
 * interrupt("Stop was pressed");
 * await assertRejects(() => sending, InterruptedError, "Stop was pressed");
 * ```
 */
export function makeStoppable<T extends object>(client: T): T {
  const methods = client as Record<string, unknown>;
  for (const [name, method] of Object.entries(methods)) {
    if (typeof method !== "function") continue;
    const call = method as Method;
    methods[name] = (...values: unknown[]) => {
      const result = call.apply(client, values);
      return result instanceof Promise ? untilStopped(result) : result;
    };
  }
  return client;
}

async function untilStopped(work: Promise<unknown>): Promise<unknown> {
  const signal = interruptSignal();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const result = await Promise.race([work, stopped]);
    return isTransaction(result) ? makeStoppable(result) : result;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** What `producer.transaction()` resolves to is a client of its own. */
function isTransaction(result: unknown): result is object {
  return typeof result === "object" && result !== null && "commit" in result &&
    "abort" in result;
}
