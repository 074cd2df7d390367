import { DeadlineError } from "../../client/deadline.ts";
import { pause } from "../../client/interrupt.ts";
import { until } from "../../client/until.ts";
import { countedConsumer } from "./counted_consumer.ts";
import type { TuningLab } from "./tuning_lab.ts";

const RECORDS_PER_PARTITION = 40;
/** More than there are partitions. */
const MOST_PARTITIONS = 10;

/**
 * Lets one of KafkaJS's consumers work on up to ten partitions at once, and
 * counts how many records are in work at the same time, at most.
 *
 * @param lab Where it happens.
 * @param options `partitions`: how many; `workMs`: how long each record takes, in milliseconds.
 * @returns The most records that were in work at once.
 * @throws {DeadlineError} If the records are not worked off in a minute.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 */
export async function mostAtOnce(
  lab: TuningLab,
  { partitions, workMs }: { partitions: number; workMs: number },
): Promise<number> {
  const topic = await lab.topic("work", { partitions });
  const records = RECORDS_PER_PARTITION * partitions;
  const producer = lab.kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: records }, (_, n) => ({
    ...{ value: `${n}`, partition: n % partitions },
  }));
  await producer.send({ topic, messages });
  await producer.disconnect();

  const possible = Math.min(partitions, MOST_PARTITIONS);
  let [now, most] = [0, 0];
  // On a busy machine one partition's first fetch may be answered seconds after another's: the
  // first records wait for each other, and go on alone if no more come.
  let together: Promise<void> | undefined;
  const eachMessage = async () => {
    most = Math.max(most, ++now);
    try {
      await (together ??= untilTogether(() => most >= possible));
      await pause(workMs);
    } finally {
      now--;
    }
  };
  const reader = await countedConsumer(lab, {
    topic,
    config: { groupId: lab.group("work") },
    run: () => ({
      ...{ partitionsConsumedConcurrently: MOST_PARTITIONS, eachMessage },
    }),
  });
  await reader.received(records);
  return most;
}

async function untilTogether(isSo: () => boolean): Promise<void> {
  try {
    await until(isSo, { deadlineMs: 10_000, intervalMs: 5 });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
  }
}
