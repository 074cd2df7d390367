// Records flow through three brokers, replication factor 3 and min.insync.replicas 2, while one of
// them, or the controller, is killed.
import { assert, assertEquals } from "@std/assert";
import { logLevel } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { openCluster } from "lib/faults/cluster_guard.ts";
import { withOwnBrokers } from "../_own_brokers.ts";
import { RecordFlow } from "../_record_flow.ts";

const TOPIC = "flow";
const CONTROLLER = 10;
const COPIES = { partitions: 3, replicationFactor: 3 };

Deno.test("SafeProducer and consume() lose, repeat and reorder nothing while nodes of the cluster are killed", (t) =>
  withOwnBrokers(async ({ engine, options }) => {
    const step = async (name: string, work: () => Promise<void>) => {
      assert(await t.step(name, work), name);
    };
    const cluster = await openCluster({ engine, ...options });
    const kafka = kafkaClient({
      ...{ brokers: cluster.addresses, ssl: false, sasl: undefined },
      ...{ logLevel: logLevel.NOTHING, requestTimeout: 5_000 },
    });
    await createTopic(kafka, TOPIC, COPIES);
    await using flow = await RecordFlow.start(kafka, TOPIC);

    await step(
      "a partition takes records again after its leader's death",
      async () => {
        const leader = await cluster.untilLeader(TOPIC);
        await cluster.kill(leader);
        await flow.untilProduced({ partition: 0 });
        await flow.untilConsumed();
        await cluster.restore();
      },
    );

    await step(
      "records flow on without a controller, and a topic can be created after its return",
      async () => {
        assertEquals(await cluster.untilQuorum(), CONTROLLER);
        await cluster.kill("controller");
        await flow.untilProduced();
        await flow.untilConsumed();
        await cluster.start("controller");
        await until(
          () => createTopic(kafka, "later", COPIES).then(() => true),
          { what: "a topic to be created" },
        );
        await cluster.restore();
      },
    );

    await step(
      "every acknowledged record was consumed, in order",
      () => flow.end(),
    );
    // All of them: nobody had to be told that a record is not stored.
    assertEquals(flow.ledger.counts.refused, 0);
  }));
