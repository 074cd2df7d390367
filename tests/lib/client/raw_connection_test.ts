import { assertEquals, assertRejects } from "@std/assert";
import { RawConnection, RawFailure } from "lib/client/raw_connection.ts";

const ID_AT = 8;

/** A server that answers the first request in the way given. */
async function withServer(
  answer: (connection: Deno.TcpConn, request: Uint8Array) => Promise<unknown>,
  work: (connection: RawConnection) => Promise<void>,
  timeoutMs = 5_000,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const client of listener) {
      const request = new Uint8Array(1_024);
      const length = await client.read(request).catch(() => null);
      if (length !== null) {
        await answer(client, request.subarray(0, length)).catch(() => {});
      }
      try {
        client.close();
      } catch { /* closed already */ }
    }
  })();
  const { port } = listener.addr;
  const connection = new RawConnection({ host: "127.0.0.1", port }, {
    timeoutMs,
  });
  try {
    await work(connection);
  } finally {
    connection.close();
    listener.close();
    await serving;
  }
}

async function failureOf(work: Promise<unknown>): Promise<RawFailure> {
  return await assertRejects(() => work, RawFailure);
}

Deno.test("RawConnection puts an answer together that comes byte by byte", () =>
  withServer(async (client, request) => {
    const id = request.subarray(ID_AT, ID_AT + 4);
    for (const byte of [0, 0, 0, 7, ...id, 1, 2, 3]) {
      await client.write(Uint8Array.of(byte));
    }
    await client.read(new Uint8Array(1));
  }, async (connection) => {
    const answer = await connection.request(18, 0);
    assertEquals(
      [...Array(answer.byteLength).keys()].map((i) => answer.getUint8(i)),
      [1, 2, 3],
    );
  }));

Deno.test("RawConnection says of a frame that is cut that it is not Kafka's", () =>
  withServer(async (client, request) => {
    const id = request.subarray(ID_AT, ID_AT + 4);
    await client.write(Uint8Array.of(0, 0, 0, 7, ...id, 1));
  }, async (connection) => {
    const { kind, after } = await failureOf(connection.request(18, 0));
    assertEquals([kind, after], ["stranger", "open"]);
  }));

Deno.test("RawConnection says how far it came when the other side closes", () =>
  withServer(() => Promise.resolve(), async (connection) => {
    const { kind, after } = await failureOf(connection.request(18, 0));
    assertEquals([kind, after], ["closed", "open"]);
    assertEquals((await connection.ended).kind, "closed");
    // A second request learns the same.
    assertEquals((await failureOf(connection.request(18, 0))).kind, "closed");
  }));

Deno.test("RawConnection ends when its time is over, with and without TLS", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { host: "127.0.0.1", port: listener.addr.port };
  const clients: Deno.TcpConn[] = [];
  const accepting = (async () => {
    for await (const client of listener) clients.push(client);
  })();
  try {
    for (const ssl of [false, true]) {
      const connection = new RawConnection(address, { ssl, timeoutMs: 200 });
      const { kind, after } = await failureOf(connection.request(18, 0));
      assertEquals([kind, after], ["late", ssl ? "tcp" : "open"]);
    }
  } finally {
    listener.close();
    await accepting;
    for (const client of clients) client.close();
  }
});
