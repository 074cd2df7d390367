/**
 * Whether a worker of Kafka Connect is ready: it has joined its group and takes requests.
 *
 * @param address Where its REST interface is: "127.0.0.1:8083".
 * @param timeoutMs How long it may take. Default: 1,000.
 * @returns Whether it says so within that time.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await connectAnswers("127.0.0.1:1"), false);
 * ```
 */
export async function connectAnswers(
  address: string,
  timeoutMs = 1_000,
): Promise<boolean> {
  try {
    const { ok, body } = await fetch(`http://${address}/health`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    await body?.cancel();
    return ok;
  } catch {
    return false;
  }
}
