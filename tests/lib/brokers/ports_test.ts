import {
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { freePorts, isPortFree, portOwner } from "lib/brokers/ports.ts";

Deno.test("portOwner() finds a socket that is listed behind a file closed meanwhile", () => {
  // The listing itself is such a file, and takes the lowest number that is free.
  const lower = Deno.openSync(import.meta.filename!);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  lower.close();
  assertStringIncludes(
    portOwner(listener.addr.port) ?? "nobody",
    `process ${Deno.pid} (`,
  );
});

Deno.test("freePorts() gives different ports, of which each can be listened on", () => {
  const [one, other] = freePorts(2);
  assertNotEquals(one, other);
  for (const port of [one!, other!]) {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  }
});

Deno.test("isPortFree() asks about one of the host's addresses", () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  assertEquals(isPortFree(port), false);
  // Free by IPv6, or there is none.
  assertEquals(isPortFree(port, "::1"), true);
});
