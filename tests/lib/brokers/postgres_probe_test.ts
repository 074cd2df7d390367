// Whether PostgreSQL takes connections, asked of servers that say this or that, or nothing.
import { assert, assertEquals } from "@std/assert";
import { postgresAnswers } from "lib/brokers/postgres_probe.ts";

/** A server that answers every connection with these bytes; with none, it is silent. */
function server(answer: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      if (answer) await connection.write(new TextEncoder().encode(answer));
    }
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of connections) connection.close();
    },
  };
}

Deno.test("postgresAnswers() is true of a server that asks for a login, and false of one that refuses", async () => {
  using ready = server("R\0\0\0\x0c");
  using starting = server("E\0\0\0\x0c");
  assertEquals(await postgresAnswers(ready.address), true);
  assertEquals(await postgresAnswers(starting.address), false);
});

Deno.test("postgresAnswers() gives a silent server up in time", async () => {
  using silent = server("");
  const began = performance.now();
  assertEquals(await postgresAnswers(silent.address, 100), false);
  assert(performance.now() - began < 30_000);
});
