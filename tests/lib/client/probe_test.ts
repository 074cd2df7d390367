import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { findBroker, NoBrokerError, probeBroker } from "lib/client/probe.ts";

type Answering = (connection: Deno.TcpConn) => Promise<void>;

/** Runs a TCP server that answers each connection in its own way. */
async function withServer(
  answer: Answering,
  work: (address: string) => Promise<void>,
) {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const connections: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.push(
        answer(connection).catch(() => {}).finally(() => {
          try {
            connection.close();
          } catch { /* closed already */ }
        }),
      );
    }
  })();
  try {
    await work(`127.0.0.1:${listener.addr.port}`);
  } finally {
    listener.close();
    await Promise.all([accepting, ...connections]);
  }
}

async function readToEnd(connection: Deno.TcpConn): Promise<void> {
  const bytes = new Uint8Array(1024);
  while (await connection.read(bytes) !== null);
}

Deno.test("probeBroker() says that nothing listens at a closed port", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const address = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  assertEquals(await probeBroker(address), {
    address,
    kind: "nothing",
    finding: `nothing listens at ${address}`,
  });
});

Deno.test("probeBroker() says that there is no such host", async () => {
  const { kind, finding } = await probeBroker("no-such-host.invalid:9092");
  assertEquals([kind, finding], [
    "nothing",
    "there is no host 'no-such-host.invalid'",
  ]);
});

Deno.test("probeBroker() tells a web server from a broker", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response("hello"),
  );
  const { kind } = await probeBroker(`127.0.0.1:${server.addr.port}`);
  await server.shutdown();
  assertEquals(kind, "stranger");
});

Deno.test("probeBroker() tells a server that waits for the end of a line from a broker", async () => {
  await withServer(async (connection) => {
    const bytes = new Uint8Array(1024);
    for (let text = ""; !text.includes("\r\n");) {
      const count = await connection.read(bytes);
      if (count === null) return;
      text += new TextDecoder("latin1").decode(bytes.subarray(0, count));
    }
    await connection.write(
      new TextEncoder().encode("HTTP/1.0 400 Bad request\r\n\r\n"),
    );
  }, async (address) => {
    const start = performance.now();
    const { kind } = await probeBroker(address, { timeoutMs: 60_000 });
    assertEquals(kind, "stranger");
    assert(performance.now() - start < 50_000, "it need not wait for silence");
  });
});

Deno.test("probeBroker() calls it silence when a port takes connections and says nothing", async () => {
  await withServer(readToEnd, async (address) => {
    const start = performance.now();
    const { kind, finding } = await probeBroker(address, { timeoutMs: 300 });
    assertEquals(kind, "silence");
    assertStringIncludes(finding, "does not answer within 0.3 s");
    assert(performance.now() - start > 290, "it did not wait");
  });
});

Deno.test("probeBroker() is not fooled by an answer of the right size to another request", async () => {
  await withServer(async (connection) => {
    await connection.write(
      new Uint8Array([0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    );
    await readToEnd(connection);
  }, async (address) => {
    assertEquals((await probeBroker(address)).kind, "stranger");
  });
});

Deno.test("probeBroker() is not fooled by a few bytes and then silence", async () => {
  await withServer(async (connection) => {
    await connection.write(new Uint8Array([0, 0]));
    await readToEnd(connection);
  }, async (address) => {
    assertEquals(
      (await probeBroker(address, { timeoutMs: 3_000 })).kind,
      "stranger",
    );
  });
});

Deno.test("probeBroker() takes a TLS alert or a closed connection for a port with TLS", async () => {
  await withServer(async (connection) => {
    await connection.write(new Uint8Array([21, 3, 3, 0, 2, 2, 70]));
  }, async (address) => {
    const { kind, finding } = await probeBroker(address);
    assertEquals([kind, finding], [
      "encryption",
      `${address} answers with TLS`,
    ]);
  });
  await withServer(() => Promise.resolve(), async (address) => {
    const { kind, finding } = await probeBroker(address);
    assertEquals(kind, "encryption");
    assertStringIncludes(finding, "often because it expects TLS");
  });
});

Deno.test("probeBroker() with TLS says that a port has none", async () => {
  await withServer(async (connection) => {
    await connection.read(new Uint8Array(1024));
  }, async (address) => {
    const { kind, finding } = await probeBroker(address, { ssl: true });
    assertEquals(kind, "encryption");
    assertStringIncludes(finding, address);
  });
});

Deno.test("findBroker() says what it found at each address and how to start Kafka", async () => {
  await withServer(readToEnd, async (silent) => {
    const brokers = ["localhost:1", silent];
    const error = await assertRejects(
      () =>
        findBroker({ brokers, ssl: false, chosen: false }, {
          timeoutMs: 3_000,
        }),
      NoBrokerError,
      "No Kafka: nothing listens at localhost:1; ",
    );
    assertStringIncludes(
      error.message,
      `${silent} takes connections but does not answer`,
    );
    assertEquals(error.answers.map(({ kind }) => kind), ["nothing", "silence"]);
  });
  await assertRejects(
    () =>
      findBroker({ brokers: ["localhost:1"], ssl: false, chosen: false }, {
        startWith: "go",
      }),
    NoBrokerError,
    "start Kafka with 'go'",
  );
});

Deno.test("findBroker() points at KAFKA_BROKERS if that named the addresses", async () => {
  await assertRejects(
    () => findBroker({ brokers: ["localhost:1"], ssl: false, chosen: true }),
    NoBrokerError,
    "nothing listens at localhost:1: check KAFKA_BROKERS",
  );
});
