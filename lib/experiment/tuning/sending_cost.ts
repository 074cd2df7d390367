import { Kafka } from "kafkajs";
import { socketFaults } from "../../faults/socket_faults.ts";
import { cpuSecondsOf } from "./cpu_seconds.ts";
import type { TuningLab } from "./tuning_lab.ts";

/** What it costs to send records of 100 bytes. */
export interface SendingCost {
  "records per send": number;
  /** Produce requests, in all. */
  requests: number;
  /** CPU seconds of this process for a million records. */
  client: number;
  /** CPU seconds of the broker for a million records; null where the system does not say them. */
  broker: number | null;
}

/**
 * Sends records of 100 bytes with KafkaJS, as published, one send after
 * another, and measures the CPU time that they take.
 *
 * @param lab Where it happens.
 * @param perSend How many records go into a send.
 * @param records How many there are in all.
 * @returns The requests, and the CPU seconds per million records.
 */
export async function sendingCost(
  lab: TuningLab,
  perSend: number,
  records: number,
): Promise<SendingCost> {
  const { socketFactory, requestCounts, resetCounts } = socketFaults();
  const topic = await lab.topic("cost", { partitions: 1 });
  const producer = new Kafka({ ...lab.kafkaConfig, socketFactory }).producer();
  const messages = Array(perSend).fill({ value: "x".repeat(100) });
  await producer.connect();
  await producer.send({ topic, messages }); // connects to the leader
  resetCounts();
  const { client, broker } = await cpuSecondsOf(async () => {
    for (let sent = 0; sent < records; sent += perSend) {
      await producer.send({ topic, messages });
    }
  });
  await producer.disconnect();
  const perMillion = (seconds: number) =>
    Math.round(seconds / records * 1e8) / 100;
  return {
    "records per send": perSend,
    requests: requestCounts().Produce ?? 0,
    client: perMillion(client),
    broker: broker === undefined ? null : perMillion(broker),
  };
}
