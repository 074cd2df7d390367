import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic, topicExists } from "lib/admin/topic.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { type OwnBrokers, withOwnBrokers } from "../../_own_brokers.ts";

const REMEDY = "or delete the data with 'deno task kafka reset kafka'";

Deno.test("up() refuses data of another cluster, another node or a newer Kafka, and deletes nothing", () =>
  withOwnBrokers(async (own) => {
    await upAndDown(own);
    const description = Deno.readTextFileSync(own.composeFile);

    own.edit((text) =>
      text.replace("bGVhcm5pbmcta2Fma2EhIQ", "YW5vdGhlci1jbHVzdGVyIQ")
    );
    assertStringIncludes(
      await refused(own),
      "belongs to cluster bGVhcm5pbmcta2Fma2EhIQ, but CLUSTER_ID is YW5vdGhlci1jbHVzdGVyIQ",
    );

    own.edit(() =>
      description.replace("KAFKA_NODE_ID: 1\n", "KAFKA_NODE_ID: 7\n")
        .replace("1@kafka:", "7@kafka:")
    );
    assertStringIncludes(
      await refused(own),
      "belongs to node 1, but KAFKA_NODE_ID is 7",
    );

    own.edit(() => description);
    const path = `${folderOf(own)}/prepared.json`;
    const prepared = Deno.readTextFileSync(path);
    const newer = { ...JSON.parse(prepared), kafkaVersion: "99.0.0" };
    Deno.writeTextFileSync(path, JSON.stringify(newer));
    assertStringIncludes(
      await refused(own),
      "was used by Kafka 99.0.0, which is newer than",
    );

    Deno.writeTextFileSync(path, prepared);
    await own.engine.up();
    assert(await topicExists(client(own), "kept"));
  }));

Deno.test("up() refuses records without an owner, and formats again where only formatting was interrupted", () =>
  withOwnBrokers(async (own) => {
    await upAndDown(own);
    const data = `${folderOf(own)}/data`;
    Deno.removeSync(`${data}/meta.properties`);
    assertStringIncludes(
      await refused(own),
      "is half formatted: it holds '",
    );
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

async function upAndDown(own: OwnBrokers) {
  await own.engine.up();
  await createTopic(client(own), "kept", { partitions: 1 });
  await own.engine.down();
}

async function refused(own: OwnBrokers): Promise<string> {
  const error = await assertRejects(() => own.engine.up(), EngineError, REMEDY);
  const [status] = await own.engine.status({ services: ["kafka"] });
  assertEquals(status?.state, "absent");
  return error.message;
}

function client({ engine }: OwnBrokers) {
  return kafkaClient({ brokers: engine.addresses() });
}

function folderOf({ stateFolder }: OwnBrokers): string {
  return `${stateFolder}/brokers/kafka`;
}
