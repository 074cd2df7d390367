import { assertEquals, assertStringIncludes } from "@std/assert";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { findBroker, probeBroker } from "lib/client/probe.ts";

const connection = connectionFromEnvironment();
const address = connection.brokers[0]!;

Deno.test("probeBroker() knows a broker", async () => {
  assertEquals(await probeBroker(address, { ssl: connection.ssl }), {
    address,
    kind: "kafka",
    finding: `a broker answers at ${address}`,
  });
});

Deno.test("findBroker() finds the one broker that answers among dead addresses", async () => {
  const brokers = ["localhost:1", address];
  assertEquals(await findBroker({ ...connection, brokers }), address);
});

Deno.test({
  name: "probeBroker() with TLS says that a broker's port has none",
  ignore: connection.ssl !== false,
  async fn() {
    const { kind, finding } = await probeBroker(address, { ssl: true });
    assertEquals(kind, "encryption");
    assertStringIncludes(finding, address);
  },
});
