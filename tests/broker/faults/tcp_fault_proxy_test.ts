import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { type SocketFaults, socketFaults } from "lib/faults/socket_faults.ts";
import { tcpFaultProxy } from "lib/faults/tcp_fault_proxy.ts";
import { kafkaTool } from "lib/brokers/kafka_tool.ts";
import { addressForTools } from "lib/brokers/address_for_tools.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { withOwnTopic } from "../_own_topic.ts";

const broker = connectionFromEnvironment().brokers[0]!;
const direct = kafkaClient();

/** What a topic holds after KafkaJS sent three records one by one through a proxy. */
async function sentThrough(
  arrange: (wire: SocketFaults) => void,
  bootstrap = broker,
) {
  const wire = socketFaults();
  await using proxy = tcpFaultProxy(bootstrap, wire);
  const kafka = kafkaClient({
    brokers: [proxy.address],
    requestTimeout: 1_000,
    logCreator: () => () => {},
  });
  let values: (string | null)[] = [];
  await withOwnTopic(direct, { partitions: 1 }, async (topic) => {
    const producer = kafka.producer();
    await producer.connect();
    arrange(wire);
    for (const value of ["A", "B", "C"]) {
      await producer.send({ topic, messages: [{ value }] });
    }
    await producer.disconnect();
    values = (await readTopic(direct, topic)).map(({ value }) => value);
  });
  return { values, produce: wire.requestCounts().Produce };
}

Deno.test("tcpFaultProxy() carries every request of a client, also to a broker of another name", async () => {
  const plain = await sentThrough(() => {});
  assertEquals(plain, { values: ["A", "B", "C"], produce: 3 });
  // The broker advertises itself as localhost, which is another listener of the proxy.
  const renamed = await sentThrough(
    () => {},
    broker.replace("localhost", "127.0.0.1"),
  );
  assertEquals(renamed, { values: ["A", "B", "C"], produce: 3 });
});

Deno.test("tcpFaultProxy() loses the n-th response, and the record is sent again", async () => {
  const second = await sentThrough((wire) =>
    wire.dropResponse({ apiKey: "Produce", skip: 1 })
  );
  assertEquals(second, { values: ["A", "B", "B", "C"], produce: 4 });
});

Deno.test("tcpFaultProxy() cuts a connection before the request, and it is sent again", async () => {
  const cut = await sentThrough((wire) =>
    wire.cutConnection({ apiKey: "Produce", skip: 2 })
  );
  assertEquals(cut, { values: ["A", "B", "C"], produce: 4 });
});

Deno.test("tcpFaultProxy() makes a connection of Java's client hang, which connects again", async () => {
  for (
    const [idempotence, values] of [["true", "A"], ["false", "A A"]]
  ) {
    const wire = socketFaults();
    await using proxy = tcpFaultProxy(broker, wire, {
      host: await addressForTools(),
    });
    wire.hangConnection({ apiKey: "Produce", at: "response" });
    await withOwnTopic(direct, { partitions: 1 }, async (topic) => {
      await kafkaTool("kafka-console-producer", [
        ...["--bootstrap-server", proxy.address, "--topic", topic],
        ...["--command-property", `enable.idempotence=${idempotence}`],
      ], { input: "A\n" });
      const stored = await readTopic(direct, topic);
      assertEquals(stored.map(({ value }) => value).join(" "), values);
    });
    assertEquals(wire.log.map(({ what }) => what), ["response hung"]);
  }
});

Deno.test("tcpFaultProxy() refuses an address without a port, and closes what it opened", async () => {
  assertThrows(
    () => tcpFaultProxy("localhost", socketFaults()),
    RangeError,
    "must be host:port: current value is 'localhost'",
  );
  const proxy = tcpFaultProxy(broker, socketFaults());
  const [hostname, port] = proxy.address.split(":");
  await proxy.close();
  await assertRejects(
    () => Deno.connect({ hostname: hostname!, port: Number(port) }),
    Deno.errors.ConnectionRefused,
  );
});

Deno.test("tcpFaultProxy() carries a consumer's requests to its coordinator, and a transaction's", async () => {
  const wire = socketFaults();
  await using proxy = tcpFaultProxy(broker, wire);
  const kafka = kafkaClient({ brokers: [proxy.address] });
  await withOwnTopic(direct, { partitions: 1 }, async (topic) => {
    const producer = kafka.producer({
      ...{ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 },
    });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: "A" }] });
    await transaction.commit();
    await producer.disconnect();
    const admin = kafka.admin();
    await admin.connect();
    const partitions = [{ partition: 0, offset: "1" }];
    await admin.setOffsets({ groupId: topic, topic, partitions });
    await admin.deleteGroups([topic]);
    await admin.disconnect();
  });
  const { EndTxn, OffsetCommit } = wire.requestCounts();
  assertEquals({ EndTxn, OffsetCommit }, { EndTxn: 1, OffsetCommit: 1 });
});

Deno.test("tcpFaultProxy() carries Java's clients, which ask for the cluster by DescribeCluster", async () => {
  const wire = socketFaults();
  await using proxy = tcpFaultProxy(broker, wire, {
    host: await addressForTools(),
  });
  const stdout = await kafkaTool("kafka-cluster", [
    ...["list-endpoints", "--bootstrap-server", proxy.address],
  ]);
  const [host, port] = proxy.address.split(":");
  assertEquals(stdout.includes(host!) && stdout.includes(port!), true, stdout);
  assertEquals((wire.requestCounts().DescribeCluster ?? 0) > 0, true);
});
