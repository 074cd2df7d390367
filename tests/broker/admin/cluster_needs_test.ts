import { assertEquals, assertMatch } from "@std/assert";
import { logLevel } from "kafkajs";
import { type ClusterNeeds, missingNeeds } from "lib/admin/cluster_needs.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { extraBroker } from "lib/faults/extra_broker.ts";

const HOUR_MS = 3_600_000;

Deno.test("missingNeeds() finds nothing missing at a cluster that has it all", async () => {
  assertEquals(await missingNeeds(kafkaClient(), {}), []);
  assertEquals(
    await missingNeeds(kafkaClient(), {
      brokers: 1,
      kafka: "3.3",
      minSessionTimeoutMs: 6_000,
      settings: {
        "message.max.bytes": (value) => Number(value) > 0 || "it must be some",
      },
      features: { "metadata.version": 7 },
      groups: true,
      transactions: true,
    }),
    [],
  );
});

/** Each need, and what is said of a broker that differs from it. */
const MISSING: [ClusterNeeds, RegExp][] = [
  [{ brokers: 3 }, /^3 brokers are needed, and the cluster has 1: start more/],
  [
    { kafka: "99.0" },
    /^Kafka 99\.0 or later is needed, and the broker has Kafka \d\.\d: upgrade/,
  ],
  [
    { minSessionTimeoutMs: 3_000 },
    /^Consumers ask for a session of 3000 ms here, and the broker has group\.min\.session\.timeout\.ms=6000: set group\.min\.session\.timeout\.ms=3000 in the brokers' configuration and restart them$/,
  ],
  [
    { settings: { "log.message.timestamp.after.max.ms": "3600000" } },
    /^The setting log\.message\.timestamp\.after\.max\.ms does not fit \(it must be 3600000\), and the broker has .*=9000000: 'kafka-configs --alter --entity-type brokers --entity-default --add-config log\.message\.timestamp\.after\.max\.ms=3600000' changes it$/,
  ],
  [
    {
      settings: {
        "log.message.timestamp.after.max.ms": (value) =>
          Number(value) <= HOUR_MS || "it must be at most an hour",
      },
    },
    /does not fit \(it must be at most an hour\), and the broker has/,
  ],
  [
    {
      settings: {
        "no.such.setting": (value) => value !== undefined || "of Kafka 99",
      },
    },
    /^The setting no\.such\.setting is needed \(of Kafka 99\), and the broker has no such setting in Kafka \d\.\d: upgrade/,
  ],
  [
    { features: { "transaction.version": 99 } },
    /^The feature transaction\.version is needed at level 99, and the cluster has it at \d, as its brokers of Kafka \d\.\d know no higher one: upgrade/,
  ],
  [
    { groups: true },
    /^Groups need the topic __consumer_offsets, which Kafka would make with 3 replicas on 1 broker, as the broker has offsets\.topic\.replication\.factor=3: set offsets\.topic\.replication\.factor=1 in/,
  ],
  [
    { transactions: true },
    /^Transactions need the topic __transaction_state.* set transaction\.state\.log\.replication\.factor=1 in/,
  ],
  [
    { shareGroups: true },
    /^Share groups need the topic __share_group_state.* set share\.coordinator\.state\.topic\.replication\.factor=1 in/,
  ],
];

Deno.test("missingNeeds() says of each missing thing what to change", async () => {
  const broker = extraBroker({
    environment: {
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: "6000",
      KAFKA_LOG_MESSAGE_TIMESTAMP_AFTER_MAX_MS: "9000000",
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "3",
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "3",
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: "3",
    },
  });
  await broker.connect();
  try {
    const kafka = kafkaClient({
      ...{ brokers: [broker.address], ssl: false, sasl: undefined },
      logLevel: logLevel.NOTHING,
    });
    for (const [needs, sentence] of MISSING) {
      const [missing, ...more] = await missingNeeds(kafka, needs);
      assertMatch(missing ?? "nothing", sentence);
      assertEquals(more, []);
    }
    const all = Object.assign({}, ...MISSING.map(([needs]) => needs));
    assertEquals((await missingNeeds(kafka, all)).length, 8);
  } finally {
    await broker.disconnect();
  }
});
