import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { probeBroker } from "lib/client/probe.ts";
import { createTopic } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { describeCluster } from "lib/admin/describe.ts";
import { extraBroker } from "lib/faults/extra_broker.ts";
import { extraBrokersFolder } from "lib/faults/extra_broker_folder.ts";
import { freePorts } from "lib/brokers/ports.ts";
import { configOptions } from "../../../tasks/config.ts";

async function addressesAt(address: string): Promise<string[]> {
  const kafka = kafkaClient({ brokers: [address], ssl: false });
  const { brokers } = await describeCluster(kafka);
  return brokers.map(({ host, port }) => `${host}:${port}`);
}

/** Whether any extra broker's folder is that of this address; other tests may have theirs. */
function hasFolder(address: string): boolean {
  return [...Deno.readDirSync(extraBrokersFolder())].some(({ name }) => {
    try {
      const file = `${extraBrokersFolder()}/${name}/compose.yaml`;
      return Deno.readTextFileSync(file).includes(address);
    } catch {
      return false; // It has just been deleted.
    }
  });
}

Deno.test("extraBroker() tells each client what the listener it came by advertises, and is gone after disconnect()", async () => {
  const [right = 0, wrong = 0, nobody = 0] = freePorts(3);
  const broker = extraBroker({
    listeners: `RIGHT://:${right},WRONG://:${wrong}`,
    advertisedListeners:
      `RIGHT://localhost:${right},WRONG://localhost:${nobody}`,
  });
  await broker.connect();
  try {
    assert(hasFolder(broker.address));
    assertEquals(await addressesAt(broker.address), [broker.address]);
    assertEquals(await addressesAt(`localhost:${right}`), [
      `localhost:${right}`,
    ]);
    assertEquals(await addressesAt(`localhost:${wrong}`), [
      `localhost:${nobody}`,
    ]);

    const kafka = kafkaClient({ brokers: [broker.address], ssl: false });
    await createTopic(kafka, "orders", { partitions: 1 });
    assertEquals(await readTopic(kafka, "orders"), []);
  } finally {
    await broker.disconnect();
  }
  assertEquals((await probeBroker(broker.address)).kind, "nothing");
  assert(!hasFolder(broker.address));
});

Deno.test("extraBroker() says which setting Kafka refuses, and leaves nothing", async () => {
  const [port = 0] = freePorts(1);
  const broker = extraBroker({
    listeners: `OFFICE://:${port}`,
    advertisedListeners: `OFFICE://0.0.0.0:${port}`,
  });
  const { message } = await assertRejects(() => broker.connect(), Error);
  assertMatch(
    message,
    /^Cannot start the extra broker: .*advertised\.listeners cannot use the nonroutable meta-address 0\.0\.0\.0/,
  );
  assert(!hasFolder(broker.address));
});

Deno.test("extraBroker() ends its broker when the process that started it is killed", async () => {
  const module = new URL(
    "../../../lib/faults/extra_broker.ts",
    import.meta.url,
  );
  const owner = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      ...await configOptions(),
      `const { extraBroker } = await import("${module}");
       const broker = extraBroker();
       await broker.connect();
       console.log(broker.address);
       await new Promise((end) => setTimeout(end, 60_000));`,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = owner.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: address = "" } = await reader.read();
  assert((await probeBroker(address.trim())).kind === "kafka");

  owner.kill("SIGKILL");
  await owner.status;
  await reader.cancel();
  await until(
    async () => (await probeBroker(address.trim())).kind === "nothing",
    { what: "the end of the broker without an owner" },
  );
  await until(() => !hasFolder(address.trim()), {
    what: "its folder to be deleted",
  });
});

Deno.test("extraBroker() finds ports for the listeners that security names, prepares each start, and has a log", async () => {
  const started: string[] = [];
  const broker = extraBroker({
    security: { OFFICE: { login: { plain: { ann: "ann-secret" } } } },
    prepare: async ({ address }) =>
      void started.push(...await addressesAt(address)),
  });
  await assertRejects(() => broker.log(), Error, "await its connect() first");
  await broker.connect();
  try {
    assertEquals(started, [broker.address]);
    await broker.connect(); // It runs.
    assertEquals(started.length, 1);
    assertMatch(await broker.log(), /Kafka Server started/);
    const { kind, finding } = await probeBroker(broker.addresses.OFFICE!);
    assertEquals(kind, "login");
    assertMatch(finding, /asks for a login \(PLAIN\)/);
  } finally {
    await broker.disconnect();
  }
});

Deno.test("extraBroker() ends its broker if it cannot be prepared", async () => {
  const broker = extraBroker({
    prepare: () => Promise.reject(new Error("no users today")),
  });
  await assertRejects(() => broker.connect(), Error, "no users today");
  assertEquals((await probeBroker(broker.address)).kind, "nothing");
  assert(!hasFolder(broker.address));
});
