import { addressForTools } from "../../brokers/address_for_tools.ts";
import { kafkaTool } from "../../brokers/kafka_tool.ts";
import { connectionFromEnvironment } from "../../client/connection.ts";
import { socketFaults } from "../../faults/socket_faults.ts";
import { tcpFaultProxy } from "../../faults/tcp_fault_proxy.ts";
import type { TuningLab } from "./tuning_lab.ts";

const RECORDS = 1_000;
const DEADLINE_MS = 180_000;

/**
 * Counts the fetch requests with which Java's console consumer reads 1,000
 * records of one batch.
 *
 * @param lab Where it happens.
 * @param settings The consumer's settings: `"max.poll.records=1"`.
 * @returns How many fetch requests.
 * @throws {ConnectionError} If a variable such as `KAFKA_BROKERS` has a value that cannot be meant.
 * @throws {EngineError} If the tool cannot be run, or takes longer than 3 minutes.
 */
export async function fetchesOfJava(
  lab: Pick<TuningLab, "kafka" | "topic">,
  settings: string[],
): Promise<number> {
  const topic = await lab.topic("polled", { partitions: 1 });
  const producer = lab.kafka.producer();
  await producer.connect();
  const messages = Array(RECORDS).fill({ value: "x".repeat(100) });
  await producer.send({ topic, messages });
  await producer.disconnect();

  const [broker] = connectionFromEnvironment().brokers;
  const wire = socketFaults();
  await using proxy = tcpFaultProxy(broker!, wire, {
    host: await addressForTools(),
  });
  await kafkaTool("kafka-console-consumer", [
    ...["--bootstrap-server", proxy.address, "--topic", topic],
    ...["--from-beginning", "--max-messages", `${RECORDS}`],
    ...settings.flatMap((setting) => ["--command-property", setting]),
  ], { deadlineMs: DEADLINE_MS });
  return wire.requestCounts().Fetch ?? 0;
}
