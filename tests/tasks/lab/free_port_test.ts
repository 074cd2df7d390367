import { assert, assertEquals, assertThrows } from "@std/assert";
import { TaskError, UsageError } from "../../../tasks/command.ts";
import { freePort, portOption } from "../../../tasks/lab/free_port.ts";

Deno.test("portOption() takes a port, and refuses what is none in one sentence", () => {
  assertEquals(portOption("8890"), 8890);
  assertEquals(portOption(undefined), undefined);
  for (const value of ["http", "0", "65536", "-1", "1.5", ""]) {
    assertThrows(
      () => portOption(value),
      UsageError,
      "--port takes a number from 1 to 65535",
    );
  }
});

Deno.test("freePort() refuses a port that is in use", () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  assertThrows(
    () => freePort(port),
    TaskError,
    `on port ${port} as another process uses it`,
  );
});

Deno.test("freePort() finds a free one that can be listened on", () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: freePort() });
  assert(listener.addr.port >= 8888);
});
