import { addressForTools } from "../brokers/address_for_tools.ts";
import { kafkaTool } from "../brokers/kafka_tool.ts";
import { connectionFromEnvironment } from "../client/connection.ts";
import type { SocketFaults } from "../faults/socket_faults.ts";
import { tcpFaultProxy } from "../faults/tcp_fault_proxy.ts";

/** What Java's producer sends, and how. */
export interface JavaProducerOptions {
  /** The topic. */
  topic: string;
  /** A record for each line, without a key. */
  lines: string[];
  /** The producer's settings by Java's names: `{ "enable.idempotence": false }`. Java's defaults by default, but for a `request.timeout.ms` of 1.5 s, which is the tool's. */
  properties?: Record<string, string | number | boolean>;
  /** Whether each line goes out in a request of its own (for lines of 200 bytes and more). By default they share batches. */
  requestPerLine?: boolean;
}

/**
 * Sends records with Java's producer (`kafka-console-producer`) through faults
 * of the network. It cannot take a socket of ours, so a proxy stands between
 * it and the broker.
 *
 * @param wire The faults. For Java take `hangConnection` or `cutConnection`: what TCP loses is never a piece from the middle.
 * @param options What to send.
 * @throws {Error} If the producer says that something failed, with what it said.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { readTopic } from "../consumer/read_topic.ts";
 * import { socketFaults } from "../faults/socket_faults.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("java");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const wire = socketFaults();
 * wire.hangConnection({ apiKey: "Produce", at: "response" });
 * await sendWithJava(wire, { topic, lines: ["A"] });
 * assertEquals(wire.requestCounts().Produce, 2);
 * assertEquals((await readTopic(kafka, topic)).map(({ value }) => value), ["A"]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function sendWithJava(
  wire: SocketFaults,
  { topic, lines, properties = {}, requestPerLine = false }:
    JavaProducerOptions,
): Promise<void> {
  const [broker] = connectionFromEnvironment().brokers;
  await using proxy = tcpFaultProxy(broker!, wire, {
    host: await addressForTools(),
  });
  await kafkaTool("kafka-console-producer", [
    ...["--bootstrap-server", proxy.address, "--topic", topic],
    ...(requestPerLine
      ? ["--max-partition-memory-bytes", "1", "--timeout", "0"]
      : []),
    ...Object.entries(properties).flatMap((
      [name, value],
    ) => ["--command-property", `${name}=${value}`]),
  ], { input: lines.map((line) => `${line}\n`).join("") });
}
