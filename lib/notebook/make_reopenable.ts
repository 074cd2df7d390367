import type { NotebookClient } from "./run_resources.ts";

type Method = (...values: unknown[]) => unknown;

/** What may be called of a client that is not connected. */
const NEEDS_NO_CONNECTION = new Set(["connect", "disconnect", "on", "logger"]);

/**
 * Lets a producer or an admin client that a closed notebook has disconnected
 * connect again when it is called. The natural order is Run All, read, then
 * solve an exercise, and the last cell closes the notebook. Consumers are left
 * as they are: one that has run cannot be taken up where it was.
 *
 * @param client The client.
 * @param reopen Called before a call: connects the client if the notebook has closed it, else returns nothing.
 * @returns The client, the same object.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const calls: string[] = [];
 * const admin = makeReopenable(
 *   {
 *     connect: async () => void calls.push("connect"),
 *     disconnect: async () => {},
 *     listTopics: async () => void calls.push("listTopics"),
 *   },
 *   (client) => client.connect(),
 * );
 * await admin.listTopics();
 * assertEquals(calls, ["connect", "listTopics"]);
 * ```
 */
export function makeReopenable<T extends NotebookClient>(
  client: T,
  reopen: (client: T) => Promise<void> | undefined,
): T {
  if ("run" in client) return client;
  const methods = client as unknown as Record<string, unknown>;
  for (const [name, method] of Object.entries(methods)) {
    if (typeof method !== "function" || NEEDS_NO_CONNECTION.has(name)) continue;
    const call = method as Method;
    methods[name] = (...values: unknown[]) => {
      const reopening = reopen(client);
      return reopening === undefined
        ? call.apply(client, values)
        : reopening.then(() => call.apply(client, values));
    };
  }
  return client;
}
