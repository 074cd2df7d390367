import { assertEquals, assertThrows } from "@std/assert";
import { Kafka } from "kafkajs";
import {
  makeCluster,
  shareVisitors,
  visitClusters,
} from "lib/client/inner_cluster.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";

const brokers = ["localhost:9092"];

/** What a client holds under its symbols. */
function inside(kafka: Kafka): unknown[] {
  return Object.getOwnPropertySymbols(kafka)
    .map((symbol) => (kafka as unknown as Record<symbol, unknown>)[symbol]);
}

Deno.test("visitClusters() leaves a client as it was once its last visitor has left", () => {
  const kafka = new Kafka({ brokers });
  const published = inside(kafka);
  const seen: string[] = [];
  const leaveFirst = visitClusters(kafka, () => seen.push("first"));
  const leaveSecond = visitClusters(kafka, () => seen.push("second"));
  kafka.admin();
  leaveFirst();
  leaveFirst(); // twice does no harm
  kafka.producer({ createPartitioner: () => () => 0 });
  leaveSecond();
  kafka.admin();
  assertEquals(seen, ["first", "second", "second"]);
  assertEquals(
    inside(kafka).every((value, i) => Object.is(value, published[i])),
    true,
  );
});

Deno.test("makeCluster() has its client's visitors see the cluster", () => {
  const kafka = new Kafka({ brokers });
  const seen: unknown[] = [];
  visitClusters(kafka, (cluster) => void seen.push(cluster));
  const cluster = makeCluster(kafka);
  assertEquals(seen.length === 1 && seen[0] === cluster, true);
});

Deno.test("shareVisitors() has visitors see another client's clusters, those that come later and not those that have left", () => {
  const [host, other] = [new Kafka({ brokers }), new Kafka({ brokers })];
  let count = 0;
  shareVisitors(host, other);
  other.admin();
  const leave = visitClusters(host, () => void count++);
  other.admin();
  leave();
  other.admin();
  assertEquals(count, 1);
});

Deno.test("visitClusters() sees each cluster of kafkaClient() once, its consumers' too", () => {
  const kafka = kafkaClient({ brokers });
  let count = 0;
  visitClusters(kafka, () => void count++);
  kafka.admin();
  kafka.producer();
  kafka.consumer({ groupId: "g" });
  assertEquals(count, 3);
});

Deno.test("visitClusters() refuses what is not a client of KafkaJS 2.2.4", () => {
  assertThrows(
    () => visitClusters({} as Kafka, () => {}),
    TypeError,
    "make it with kafkaClient()",
  );
  assertThrows(() => makeCluster({} as Kafka), TypeError);
});
