import { assertEquals, assertThrows } from "@std/assert";
import * as net from "node:net";
import { certificateAuthority } from "lib/brokers/certificates.ts";
import { until } from "../../_patience.ts";
import { wiretap } from "lib/faults/wiretap.ts";

/** A server that answers each piece with itself. */
function echo(listener: Deno.Listener): Promise<void> {
  return (async () => {
    for await (const client of listener) {
      void client.readable.pipeTo(client.writable).catch(() => {});
    }
  })();
}

function addressOf(listener: Deno.Listener): string {
  return `localhost:${(listener.addr as Deno.NetAddr).port}`;
}

function told(socket: net.Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.on("data", (piece) => resolve(String(piece)));
    socket.on("error", reject);
  });
}

const HERE = { hostname: "127.0.0.1", port: 0 };

Deno.test("wiretap() passes on what comes from both sides, and has seen it", async () => {
  const server = Deno.listen(HERE);
  const serving = echo(server);
  const wire = wiretap(addressOf(server).replace("localhost", "127.0.0.1"));
  const socket = wire.socketFactory({
    host: "kafka.invalid",
    port: 1,
    ssl: undefined as never,
    onConnect: () => {},
  });
  socket.write("secret");
  assertEquals(await told(socket as net.Socket), "secret");
  assertEquals([wire.hasSeen("secret"), wire.hasSeen("other")], [true, false]);
  assertEquals(wire.byteCount, 12);
  socket.destroy();
  await wire.disconnect();
  server.close();
  await serving;
});

Deno.test("wiretap() with a certificate reads what is in TLS, of a client that does not check it", async () => {
  const authority = await certificateAuthority("Kitchen");
  const stranger = await certificateAuthority("Stranger");
  const { certificate: cert, privateKey: key } = await authority.issue(
    "broker",
  );
  const server = Deno.listenTls({ ...HERE, cert, key });
  const serving = echo(server);
  const wire = wiretap(addressOf(server), {
    certificate: await stranger.issue("broker"),
    authority: authority.certificate,
  });
  const clientWith = (ssl: object) =>
    wire.socketFactory({
      host: "localhost",
      port: 1,
      ssl: ssl as never,
      onConnect: () => {},
    }) as net.Socket;

  const careful = clientWith({ ca: [authority.certificate] });
  let refused = "";
  careful.on("error", ({ message }) => refused = message);
  careful.write("secret");
  await until(() => refused !== "", { what: "the refusal" });
  assertEquals(wire.byteCount, 0);

  const careless = clientWith({ rejectUnauthorized: false });
  careless.write("secret");
  assertEquals(await told(careless), "secret");
  assertEquals(wire.hasSeen("secret"), true);
  careful.destroy();
  careless.destroy();
  await wire.disconnect();
  server.close();
  await serving;
});

Deno.test("wiretap() says of what is not an address that it is none", () => {
  assertThrows(() => wiretap("nowhere"), RangeError, "'nowhere'");
});
