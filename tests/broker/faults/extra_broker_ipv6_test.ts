import { assert, assertEquals } from "@std/assert";
import { describeCluster } from "lib/admin/describe.ts";
import { createTopic } from "lib/admin/topic.ts";
import { freePorts } from "lib/brokers/ports.ts";
import { certificateAuthority } from "lib/brokers/certificates.ts";
import { brokerIdsAt } from "lib/client/broker_ids_at.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { findBroker } from "lib/client/probe.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { extraBroker } from "lib/faults/extra_broker.ts";
import { socketFaults } from "lib/faults/socket_faults.ts";
import { tcpFaultProxy } from "lib/faults/tcp_fault_proxy.ts";

const HOST = "::1";

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: HOST, port: 0 }).close();
    return true;
  } catch {
    console.log("Not run: this machine has no IPv6, not even its loopback.");
    return false;
  }
}

Deno.test({
  name:
    "extraBroker() listens by IPv6, and clients, tools and the proxy reach it there",
  ignore: !hasIpv6(),
  async fn() {
    const [plain, secret] = freePorts(2);
    const authority = await certificateAuthority("Kitchen");
    const broker = extraBroker({
      engine: "local", // a container's loopback is its own
      listeners: `SIX://[${HOST}]:${plain},SECRET://[${HOST}]:${secret}`,
      security: { SECRET: { tls: await authority.issue("broker") } },
    });
    await broker.connect();
    try {
      const address = `[${HOST}]:${plain}`;
      const connection = connectionFromEnvironment({ KAFKA_BROKERS: address });
      assertEquals(await findBroker(connection), address);
      assertEquals(await brokerIdsAt(address), [1]);

      const kafka = kafkaClient({ ...connection, sasl: undefined });
      const { brokers } = await describeCluster(kafka);
      assertEquals(brokers.map(({ host, port }) => [host, port]), [
        [HOST, plain],
      ]);
      await createTopic(kafka, "orders", { partitions: 1 });
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({ topic: "orders", messages: [{ value: "pizza" }] });
      await producer.disconnect();

      const sealed = kafkaClient({
        brokers: [`[${HOST}]:${secret}`],
        ssl: { ca: [authority.certificate] },
        sasl: undefined,
      });
      const records = await readTopic(sealed, "orders");
      assertEquals(records.length, 1);

      const { code, stdout } = await broker.tool("get-offsets", [
        ...["--bootstrap-server", address, "--topic", "orders"],
      ]);
      assertEquals([code, stdout], [0, "orders:0:1\n"]);

      const wire = socketFaults();
      await using proxy = tcpFaultProxy(address, wire, { host: HOST });
      assert(proxy.address.startsWith(`[${HOST}]:`));
      const rule = wire.delayRequest({
        ...{ apiKey: "Fetch", times: 1, delayMs: 1 },
        broker: address,
      });
      const through = kafkaClient({ brokers: [proxy.address], ssl: false });
      assertEquals((await readTopic(through, "orders")).length, 1);
      assertEquals(rule.hits, 1);
    } finally {
      await broker.disconnect();
    }
  },
});
