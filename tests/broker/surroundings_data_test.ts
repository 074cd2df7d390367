import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, topicExists } from "lib/client/topic.ts";
import { EngineError } from "lib/cluster/engine.ts";
import { type OwnBrokers, withOwnBrokers } from "./own_brokers.ts";

const REMEDY = "or delete the data with 'deno task kafka reset kafka'";

Deno.test("up() refuses another cluster's data, and deletes nothing", () =>
  withOwnBrokers(async (own) => {
    await upAndDown(own);
    own.edit((text) =>
      text.replace("bGVhcm5pbmcta2Fma2EhIQ", "YW5vdGhlci1jbHVzdGVyIQ")
    );
    const error = await refused(own);
    assertStringIncludes(
      error.message,
      "belongs to cluster bGVhcm5pbmcta2Fma2EhIQ, but CLUSTER_ID is YW5vdGhlci1jbHVzdGVyIQ",
    );
    own.edit((text) =>
      text.replace("YW5vdGhlci1jbHVzdGVyIQ", "bGVhcm5pbmcta2Fma2EhIQ")
    );
    await own.engine.up();
    assert(await topicExists(client(own), "kept"));
  }));

Deno.test("up() refuses another node's data", () =>
  withOwnBrokers(async (own) => {
    await upAndDown(own);
    own.edit((text) =>
      text.replace("KAFKA_NODE_ID: 1\n", "KAFKA_NODE_ID: 7\n")
        .replace("1@kafka:", "7@kafka:")
    );
    const error = await refused(own);
    assertStringIncludes(
      error.message,
      "belongs to node 1, but KAFKA_NODE_ID is 7",
    );
  }));

Deno.test("up() refuses data that a newer Kafka has used", () =>
  withOwnBrokers(async (own) => {
    await upAndDown(own);
    const path = `${folderOf(own)}/prepared.json`;
    const prepared = JSON.parse(Deno.readTextFileSync(path));
    const newer = { ...prepared, kafkaVersion: "99.0.0" };
    Deno.writeTextFileSync(path, JSON.stringify(newer));
    const error = await refused(own);
    assertStringIncludes(
      error.message,
      "was used by Kafka 99.0.0, which is newer than",
    );
  }));

Deno.test("up() refuses records without an owner, and formats again where only formatting was interrupted", () =>
  withOwnBrokers(async (own) => {
    await upAndDown(own);
    const data = `${folderOf(own)}/data`;
    Deno.removeSync(`${data}/meta.properties`);
    const error = await refused(own);
    assertStringIncludes(error.message, "is half formatted: it holds '");
    assert(
      [...Deno.readDirSync(data)].some(({ name }) => name.startsWith("kept-")),
    );

    for (const { name } of Deno.readDirSync(data)) {
      if (name !== "bootstrap.checkpoint") {
        Deno.removeSync(`${data}/${name}`, { recursive: true });
      }
    }
    await own.engine.up();
    assertEquals(await topicExists(client(own), "kept"), false);
  }));

Deno.test("up() starts on the data of a broker that was killed", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up();
    await createTopic(client(own), "kept", { partitions: 1 });
    await own.engine.kill("kafka");
    await own.engine.up();
    assert(await topicExists(client(own), "kept"));
  }));

async function upAndDown(own: OwnBrokers) {
  await own.engine.up();
  await createTopic(client(own), "kept", { partitions: 1 });
  await own.engine.down();
}

async function refused(own: OwnBrokers): Promise<Error> {
  const error = await assertRejects(() => own.engine.up(), EngineError, REMEDY);
  const [status] = await own.engine.status({ services: ["kafka"] });
  assertEquals(status?.state, "absent");
  return error;
}

function client({ engine }: OwnBrokers) {
  return kafkaClient({ brokers: engine.addresses() });
}

function folderOf({ stateFolder }: OwnBrokers): string {
  return `${stateFolder}/brokers/kafka`;
}
