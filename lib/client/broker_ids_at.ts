import { parseAddress } from "./address.ts";
import { API_KEYS } from "./api_key.ts";
import { RawConnection } from "./raw_connection.ts";

/**
 * Asks a broker which brokers it knows, by Kafka's Metadata request (version
 * 1, no topics). Quicker than a client: one connection, one request.
 *
 * @param address A listener without encryption or password: "127.0.0.1:9092", "[::1]:9092".
 * @param options `timeoutMs`: after how many milliseconds to give up, 1 s by default.
 * @returns The node ids of all brokers that serve clients, in ascending order, or undefined if no broker answers.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await brokerIdsAt("127.0.0.1:1"), undefined);
 * ```
 */
export async function brokerIdsAt(
  address: string,
  { timeoutMs = 1_000 }: { timeoutMs?: number } = {},
): Promise<number[] | undefined> {
  const at = parseAddress(address);
  if (!at) return undefined;
  const connection = new RawConnection(at, { timeoutMs });
  try {
    return idsIn(
      await connection.request(API_KEYS.Metadata, 1, new Uint8Array(4)),
    );
  } catch {
    return undefined; // Refused, cut off, too late, or not Kafka.
  } finally {
    connection.close();
  }
}

function idsIn(answer: DataView): number[] {
  const count = answer.getInt32(0);
  const ids: number[] = [];
  let at = 4;
  for (let i = 0; i < count; i++) {
    ids.push(answer.getInt32(at));
    const hostLength = answer.getInt16(at + 4);
    const afterPort = at + 6 + hostLength + 4;
    const rackLength = Math.max(0, answer.getInt16(afterPort));
    at = afterPort + 2 + rackLength;
  }
  return ids.sort((a, b) => a - b);
}
