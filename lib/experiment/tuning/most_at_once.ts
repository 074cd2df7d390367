import { pause } from "../../client/interrupt.ts";
import { countedConsumer } from "./counted_consumer.ts";
import type { TuningLab } from "./tuning_lab.ts";

/** More than there are partitions. */
const MOST_PARTITIONS = 10;
/** How many records each partition gets at a time. */
const RECORDS_AT_A_TIME = 2;
/** How often it gets some after as many are in work as there can be: more would show by then. */
const TURNS_AFTER = 10;
/** A busy cluster may let one of its partitions be read seconds later than another. */
const ENOUGH_MS = 20_000;

/**
 * Lets one of KafkaJS's consumers work on up to ten partitions at once, and
 * counts how many records are in work at the same time, at most.
 *
 * @param lab Where it happens.
 * @param options `partitions`: how many; `workMs`: how long each record takes, in milliseconds.
 * @returns The most records that were in work at once.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 */
export async function mostAtOnce(
  lab: TuningLab,
  { partitions, workMs }: { partitions: number; workMs: number },
): Promise<number> {
  const topic = await lab.topic("work", { partitions });
  const possible = Math.min(partitions, MOST_PARTITIONS);
  let [now, most] = [0, 0];
  const eachMessage = async () => {
    most = Math.max(most, ++now);
    await pause(workMs).finally(() => now--);
  };
  await countedConsumer(lab, {
    topic,
    config: { groupId: lab.group("work") },
    run: () => ({
      ...{ partitionsConsumedConcurrently: MOST_PARTITIONS, eachMessage },
    }),
  });
  const producer = lab.kafka.producer();
  await producer.connect();
  const messages = Array.from(
    { length: RECORDS_AT_A_TIME * partitions },
    (_, n) => ({ value: `${n}`, partition: n % partitions }),
  );
  // KafkaJS asks a broker again only when all that it has got from it is worked off. One answer
  // may lack a partition, so each is to have more by the next: records come faster than they go.
  const end = Date.now() + ENOUGH_MS;
  for (let turns = 0; turns < TURNS_AFTER && Date.now() < end;) {
    await producer.send({ topic, messages });
    await pause(workMs);
    if (most >= possible) turns++;
  }
  await producer.disconnect();
  return most;
}
