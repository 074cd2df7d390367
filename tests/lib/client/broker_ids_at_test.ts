import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { brokerIdsAt } from "lib/client/broker_ids_at.ts";

/** Asks a server that answers a connection's first bytes with some pieces, then as it is told. */
async function asking(
  pieces: Uint8Array[],
  { closes = false, timeoutMs = 20_000 } = {},
): Promise<number[] | undefined> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const connection = await listener.accept();
    const request = new Uint8Array(100);
    await connection.read(request);
    // An answer bears the request's correlation id.
    let sent = 0;
    for (const piece of pieces) {
      const answer = piece.map((byte, i) =>
        sent + i >= 4 && sent + i < 8 ? request[sent + i + 4]! : byte
      );
      sent += piece.length;
      await connection.write(answer);
    }
    if (!closes) await connection.read(new Uint8Array(1));
    connection.close();
  })();
  const ids = await brokerIdsAt(`127.0.0.1:${listener.addr.port}`, {
    timeoutMs,
  });
  await serving;
  return ids;
}

/** Kafka's answer to a Metadata request of version 1, without topics. */
function metadata(...brokers: { id: number; rack?: string }[]): Buffer {
  const text = (value?: string) => {
    if (value === undefined) return Buffer.from([0xff, 0xff]);
    return Buffer.concat([int(value.length, 2), Buffer.from(value)]);
  };
  const body = Buffer.concat([
    int(0), // the correlation id, put in when it is sent
    int(brokers.length),
    ...brokers.flatMap(({ id, rack }) => [
      ...[int(id), text(`kafka-${id}`), int(9092), text(rack)],
    ]),
    int(brokers[0]?.id ?? -1), // controller
    int(0), // topics
  ]);
  return Buffer.concat([int(body.length), body]);
}

function int(value: number, bytes = 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
}

Deno.test("brokerIdsAt() names the brokers in order, with and without racks", async () => {
  const answer = metadata({ id: 3 }, { id: 1, rack: "a" }, { id: 2 });
  assertEquals(await asking([answer]), [1, 2, 3]);
  assertEquals(await asking([metadata()]), []);
});

Deno.test("brokerIdsAt() reads an answer that comes byte by byte", async () => {
  const answer = metadata({ id: 7, rack: "b" });
  assertEquals(
    await asking([...answer].map((byte) => Uint8Array.of(byte))),
    [7],
  );
});

Deno.test("brokerIdsAt() finds nothing where the answer is cut off, or is none of Kafka's", async () => {
  const answer = metadata({ id: 1 });
  assertEquals(
    await asking([answer.subarray(0, 9)], { closes: true }),
    undefined,
  );
  const http = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
  assertEquals(await asking([http]), undefined);
  assertEquals(await asking([], { closes: true }), undefined);
});

Deno.test("brokerIdsAt() waits no longer than it is told for a server that is silent", async () => {
  assertEquals(await asking([], { timeoutMs: 50 }), undefined);
});
