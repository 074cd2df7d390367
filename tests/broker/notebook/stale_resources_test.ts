// Whose topics may be deleted is decided by the client that deletes them.
import { assert, assertEquals } from "@std/assert";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { freePorts } from "lib/brokers/ports.ts";
import { extraBroker } from "lib/faults/extra_broker.ts";
import { configOptions } from "../../../tasks/config.ts";

/**
 * Whether a dead run's topic is still there after a clean-up.
 *
 * @param brokers The addresses of the client that cleans up.
 * @param variable What `KAFKA_BROKERS` is meanwhile.
 */
async function staysFor(brokers: string[], variable = ""): Promise<boolean> {
  const story = new URL("_stale_topic.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", ...await configOptions(), story, ...brokers],
    env: { KAFKA_BROKERS: variable },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().endsWith("true");
}

Deno.test("removeStaleResources() looks at its client's addresses, whatever the environment says", async () => {
  const [local = ""] = connectionFromEnvironment().brokers;
  const far = local.replace(/^[^:]*/, "far.example");
  const elsewhere = "far.example:9092";
  assertEquals(await staysFor([local], elsewhere), false);
  for (const brokers of [[far], [local, far], [far, local]]) {
    assertEquals(await staysFor(brokers, local), true, brokers.join());
    assertEquals(await staysFor(brokers), true, brokers.join());
  }
});

Deno.test("removeStaleResources() leaves brokers alone that a tunnel brings here", async () => {
  const [door = 0] = freePorts(1);
  const broker = extraBroker({
    listeners: `TUNNEL://:${door}`,
    advertisedListeners: `TUNNEL://far.example:${door}`,
  });
  await broker.connect();
  try {
    assertEquals(await staysFor([`localhost:${door}`]), true);
  } finally {
    await broker.disconnect();
  }
});
