import { assertEquals } from "@std/assert";
import { Kafka, type KafkaConfig } from "kafkajs";
import { brokerPoolOf } from "lib/client/broker_connections.ts";
import { visitClusters } from "lib/client/inner_cluster.ts";
import { takeIpv6Addresses } from "lib/client/ipv6_addresses.ts";

/** The first addresses that a mended client would connect to. */
async function firstOf(brokers: KafkaConfig["brokers"], count: number) {
  const kafka = new Kafka({ brokers });
  visitClusters(kafka, (cluster) => takeIpv6Addresses(cluster, brokers));
  const { connectionPoolBuilder } = brokerPoolOf(kafka);
  const found: string[] = [];
  for (let i = 0; i < count; i++) {
    const { host, port } = await connectionPoolBuilder.build();
    found.push(`${host} ${port}`);
  }
  return found;
}

Deno.test("takeIpv6Addresses() goes round among addresses of both kinds", async () => {
  const brokers = ["[::1]:9092", "localhost:9093", "[2001:db8::7]:9094"];
  const expected = ["::1 9092", "localhost 9093", "2001:db8::7 9094"];
  assertEquals(await firstOf(brokers, 4), [...expected, expected[0]]);
  assertEquals(await firstOf(() => brokers, 3), expected);
  assertEquals(await firstOf(["a:1", "b:2"], 3), ["a 1", "b 2", "a 1"]);
});
