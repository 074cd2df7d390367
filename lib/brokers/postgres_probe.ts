import { parseAddress } from "../client/address.ts";

/** What a server says when it takes connections. */
const ASKS_FOR_LOGIN = "R".charCodeAt(0);

/**
 * Whether a PostgreSQL server takes connections, as `pg_isready` asks it: one
 * that is still starting, or ending, refuses before it asks who is there.
 *
 * @param address Where: "127.0.0.1:15432".
 * @param timeoutMs How long it may take. Default: 1,000.
 * @returns Whether it asks for a login within that time.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await postgresAnswers("127.0.0.1:1"), false);
 * ```
 */
export async function postgresAnswers(
  address: string,
  timeoutMs = 1_000,
): Promise<boolean> {
  const parsed = parseAddress(address);
  if (!parsed) return false;
  let connection: Deno.TcpConn | undefined;
  let isLate = false;
  // A server that is frozen takes the connection and says nothing.
  const timer = setTimeout(() => {
    isLate = true;
    connection?.close();
  }, timeoutMs);
  try {
    connection = await Deno.connect({
      hostname: parsed.host,
      port: parsed.port,
    });
    if (isLate) return false;
    await connection.write(STARTUP);
    const answer = new Uint8Array(1);
    return await connection.read(answer) === 1 && answer[0] === ASKS_FOR_LOGIN;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    try {
      connection?.close();
    } catch {
      // The timer has closed it.
    }
  }
}

/** The first message of a connection: its length, protocol 3.0, and who asks. */
const STARTUP: Uint8Array = startup({ user: "kafka", database: "postgres" });

function startup(parameters: Record<string, string>): Uint8Array {
  const text = Object.entries(parameters).flat().join("\0") + "\0\0";
  const body = new TextEncoder().encode(text);
  const message = new Uint8Array(8 + body.length);
  const view = new DataView(message.buffer);
  view.setInt32(0, message.length);
  view.setInt32(4, 3 << 16);
  message.set(body, 8);
  return message;
}
