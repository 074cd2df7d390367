import { assert, assertEquals } from "@std/assert";
import { pause } from "lib/client/interrupt.ts";
import type { BatchSender } from "lib/producer/batch_sender.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import type { RecordResult } from "lib/producer/record_result.ts";
import { SafeSender } from "lib/producer/safe_sender.ts";
import { kafkaError, kafkaStandIn, type SendCall } from "./_kafka_stand_in.ts";
import { seeded } from "./_seeded.ts";

/** A batch in a log, as the broker remembers it. */
interface Appended {
  producer: number;
  first: number;
  count: number;
  offset: number;
}

/**
 * KafkaJS's sequence numbers and a leader's rule for them: a batch with the
 * numbers of one of the last five is taken for a repetition of it, and one that
 * does not continue is refused. KafkaJS gives the numbers of a failed batch to
 * whatever comes next.
 */
class Partition {
  readonly log: string[] = [];
  readonly #appended: Appended[] = [];
  readonly #next = new Map<number, number>();

  /** The numbers that KafkaJS gives to a batch, and a function that takes them back. */
  number(
    { producer, count }: SendCall,
  ): { first: number; takeBack: () => void } {
    const first = this.#next.get(producer) ?? 0;
    this.#next.set(producer, first + count);
    return { first, takeBack: () => this.#next.set(producer, first) };
  }

  /** What the leader does with it. */
  append({ producer, count, values }: SendCall, first: number): number | Error {
    const known = this.#appended.filter((one) => one.producer === producer);
    const same = known.slice(-5)
      .find((one) => one.first === first && one.count === count);
    if (same) return same.offset;
    const last = known.at(-1);
    if (last && last.first + last.count !== first) {
      return kafkaError("OUT_OF_ORDER_SEQUENCE_NUMBER");
    }
    const offset = this.log.length;
    this.#appended.push({ producer, count, first, offset });
    this.log.push(...values.split(" "));
    return offset;
  }
}

/** Sends 120 records through faults as chance has it, and checks each result against the logs. */
async function play(seed: number): Promise<Set<string>> {
  const chance = seeded(seed);
  const partitions = [0, 1, 2].map(() => new Partition());
  const met = new Set<string>();
  const late: Promise<void>[] = [];

  const answer = async (call: SendCall): Promise<number | Error> => {
    const partition = partitions[call.partition]!;
    const { first, takeBack } = partition.number(call);
    const fail = (type: string) => {
      met.add(type);
      takeBack();
      return kafkaError(type);
    };
    await pause(chance() * 5);
    const fate = chance();
    if (fate < 0.06) return fail("timeout"); // the request is lost
    if (fate < 0.14) { // the answer is lost
      partition.append(call, first);
      return fail("timeout");
    }
    if (fate < 0.2) { // the leader writes it later
      const delayMs = chance() * 300;
      late.push(pause(delayMs).then(() => void partition.append(call, first)));
      return fail("timeout");
    }
    if (fate < 0.24) {
      partition.append(call, first);
      return fail("NOT_ENOUGH_REPLICAS_AFTER_APPEND");
    }
    if (fate < 0.3) return fail("NOT_ENOUGH_REPLICAS");
    if (fate < 0.33) return fail("TOPIC_AUTHORIZATION_FAILED");
    if (fate < 0.36 || call.count > 6) return fail("MESSAGE_TOO_LARGE");
    if (fate < 0.38) return fail("UNKNOWN_TOPIC_OR_PARTITION");
    const offset = partition.append(call, first);
    if (typeof offset === "number") return offset;
    return fail((offset as { type?: string }).type!);
  };

  const { kafka } = kafkaStandIn({ answer, leaderOf: () => 1 });
  const sender = new SafeSender(kafka);
  const counting: BatchSender = {
    batchesPerRequest: 1,
    partitionCount: () => Promise.resolve(3),
    send: (batches) => sender.send(batches),
  };
  const records = new RecordAccumulator(counting, {
    lingerMs: 0,
    maxBatchRecords: 1 + Math.floor(chance() * 8),
    deliveryTimeoutMs: 200 + chance() * 1_000 | 0,
  });
  const results: RecordResult[] = [];
  for (let value = 0; value < 120; value++) {
    const partition = Math.floor(chance() * 3);
    void records.append(
      { topic: "orders", partition, value: `${value}` },
      (result) => results.push(result),
    );
    if (chance() < 0.3) await pause(chance() * 20);
  }
  await records.close({ timeoutMs: chance() < 0.2 ? 50 : 10_000 });
  await sender.close();
  await Promise.all(late);

  const message = `seed ${seed}`;
  assertEquals(results.length, 120, message);
  for (const result of results) {
    const value = String(result.record.value);
    const { log } = partitions[result.record.partition!]!;
    const times = log.filter((one) => one === value).length;
    if (!result.error) {
      met.add("acknowledged");
      assertEquals(
        [log[Number(result.offset)], times],
        [value, 1],
        `${message}: ${value} was acknowledged`,
      );
    } else if (!result.error.maybeWritten) {
      met.add("not written");
      assertEquals(
        times,
        0,
        `${message}: ${value} is not to be written: ${result.error.message}`,
      );
    } else {
      met.add("perhaps written");
      assert(times <= 1, `${message}: ${value} is there ${times} times`);
    }
  }
  return met;
}

Deno.test("SafeSender loses nothing that it acknowledges, repeats nothing, and has not written what it says is not written, through chance faults", async () => {
  const met = new Set<string>();
  const seeds = Array.from({ length: 100 }, (_, seed) => seed + 1);
  for (const found of await Promise.all(seeds.map(play))) {
    for (const one of found) met.add(one);
  }
  assertEquals([...met].toSorted(), [
    "MESSAGE_TOO_LARGE",
    "NOT_ENOUGH_REPLICAS",
    "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
    "TOPIC_AUTHORIZATION_FAILED",
    "UNKNOWN_TOPIC_OR_PARTITION",
    "acknowledged",
    "not written",
    "perhaps written",
    "timeout",
  ]);
});
