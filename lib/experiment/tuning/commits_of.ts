import type { Consumer, ConsumerRunConfig } from "kafkajs";
import { committedOffsets } from "../../admin/group_offsets.ts";
import { until } from "../../client/until.ts";
import { countedConsumer } from "./counted_consumer.ts";
import type { TuningLab } from "./tuning_lab.ts";

const RECORDS = 200;

/**
 * Lets KafkaJS's consumer, as published, read 200 records of one batch, and
 * counts the commits.
 *
 * @param lab Where it happens.
 * @param run How it runs.
 * @returns How many commit requests there were when offset 200 was committed, and how long the handlers worked.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 * @throws {DeadlineError} If it has not committed the end after a minute.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 */
export async function commitsOf(
  lab: TuningLab,
  run: (consumer: Consumer) => ConsumerRunConfig,
): Promise<{ requests: number; "ms for the batches": number }> {
  const topic = await lab.topic("commits", { partitions: 1 });
  const producer = lab.kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: RECORDS }, (_, n) => ({
    value: `${n}`,
  }));
  await producer.send({ topic, messages });
  await producer.disconnect();
  const config = { groupId: lab.group("commits") };
  const reader = await countedConsumer(lab, { topic, config, run });
  await reader.received(RECORDS);
  await until(async () => {
    const [last] = await committedOffsets(lab.kafka, config.groupId, [topic]);
    return last?.offset === BigInt(RECORDS);
  }, { what: "the last commit", deadlineMs: 60_000 });
  return {
    requests: reader.requests().OffsetCommit ?? 0,
    "ms for the batches": Math.round(reader.workMs),
  };
}
