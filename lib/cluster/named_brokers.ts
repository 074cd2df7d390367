/**
 * Asks a broker which brokers it knows, by Kafka's Metadata request (version
 * 1, no topics). Quicker than a client: one connection, one request.
 *
 * @param address A listener without encryption or password: "127.0.0.1:9092".
 * @param options After how long to give up, in milliseconds: 1,000 by default.
 * @returns The node ids of all brokers that serve clients, or undefined if nothing answers.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await namedBrokers("127.0.0.1:1"), undefined);
 * ```
 */
export async function namedBrokers(
  address: string,
  { timeoutMs = 1_000 }: { timeoutMs?: number } = {},
): Promise<number[] | undefined> {
  const answer = await exchange(address, timeoutMs);
  if (!answer) return undefined;
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

/** Sends one request; returns the response after its header, or undefined. */
async function exchange(
  address: string,
  timeoutMs: number,
): Promise<DataView | undefined> {
  const colon = address.lastIndexOf(":");
  const hostname = address.slice(0, colon);
  const port = Number(address.slice(colon + 1));
  let connection: Deno.Conn | undefined;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    closeQuietly(connection);
  }, timeoutMs);
  try {
    connection = await Deno.connect({ hostname, port });
    if (late) return undefined;
    await writeAll(connection, metadataRequest());
    const size = await readExactly(connection, 4);
    const length = new DataView(size.buffer).getInt32(0);
    // What speaks another protocol sends any number here.
    if (length < 4 || length > 1_000_000) return undefined;
    const response = await readExactly(connection, length);
    return new DataView(response.buffer, 4);
  } catch {
    return undefined; // Refused, cut off, closed by the timer, or not Kafka.
  } finally {
    clearTimeout(timer);
    closeQuietly(connection);
  }
}

/** Size, then header version 1 (key, version, correlation id, client id), then an empty list of topics. */
function metadataRequest(): Uint8Array {
  const view = new DataView(new ArrayBuffer(18));
  view.setInt32(0, view.byteLength - 4);
  view.setInt16(4, 3);
  view.setInt16(6, 1);
  view.setInt32(8, 1);
  view.setInt16(12, -1); // No client id.
  return new Uint8Array(view.buffer);
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at));
  }
}

async function readExactly(connection: Deno.Conn, length: number) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await connection.read(bytes.subarray(at));
    if (count === null) throw new Deno.errors.UnexpectedEof();
    at += count;
  }
  return bytes;
}

function closeQuietly(connection: Deno.Conn | undefined) {
  try {
    connection?.close();
  } catch {
    // The other of the two has closed it.
  }
}
