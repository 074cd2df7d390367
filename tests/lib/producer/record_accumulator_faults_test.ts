import { assert, assertEquals } from "@std/assert";
import { pause } from "lib/client/interrupt.ts";
import type {
  BatchOutcome,
  BatchSender,
  ReadyBatch,
} from "lib/producer/batch_sender.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import { seeded } from "./_seeded.ts";

const topic = "orders";

/** Answers after some milliseconds, and fails as chance has it. */
class ErraticSender implements BatchSender {
  readonly batchesPerRequest: number;
  readonly log = new Map<number, number[]>();
  splits = 0;
  readonly #chance: () => number;
  readonly #faulty: boolean;

  constructor(chance: () => number, faulty: boolean) {
    this.#chance = chance;
    this.#faulty = faulty;
    this.batchesPerRequest = 1 + Math.floor(chance() * 3);
  }

  partitionCount(): Promise<number> {
    return Promise.resolve(3);
  }

  async send(batches: ReadyBatch[]): Promise<BatchOutcome[]> {
    await pause(this.#chance() * 4);
    if (this.#faulty && this.#chance() < 0.05) {
      throw new Error("the connection died");
    }
    return batches.map((batch) => this.#write(batch));
  }

  #write({ partition, records }: ReadyBatch): BatchOutcome {
    const fault = this.#faulty ? this.#chance() : 1;
    const tooLarge = records.length > 20;
    if (tooLarge) this.splits++;
    if (fault < 0.1 || tooLarge) {
      return { error: new Error("no"), maybeWritten: false, tooLarge };
    }
    const log = this.log.get(partition) ?? [];
    this.log.set(partition, log);
    const baseOffset = BigInt(log.length);
    log.push(...records.map(({ value }) => Number(value)));
    return { baseOffset, logAppendTime: -1 };
  }
}

/** Adds 400 records as chance has it, and returns how often each got a result, and which. */
async function play(seed: number, faulty: boolean) {
  const chance = seeded(seed);
  const pick = <T>(...choices: T[]) =>
    choices[Math.floor(chance() * choices.length)]!;
  const sender = new ErraticSender(chance, faulty);
  const accumulator = new RecordAccumulator(sender, {
    lingerMs: pick(0, 1, 3),
    batchSize: pick(100, 300, 2_000),
    maxBatchRecords: pick(1, 7, 1_000),
    maxRequestSize: 2_000,
    bufferMemory: pick(200, 1_000, 100_000),
    maxInFlightRequests: pick(1, 2, 5),
    deliveryTimeoutMs: faulty ? pick(8, 50, 10_000) : 10_000,
  });
  const results = Array(400).fill(0);
  const reasons = new Set<string>();
  const acknowledged: { value: number; partition: number; offset: bigint }[] =
    [];
  for (let value = 0; value < 400; value++) {
    const signal = faulty && chance() < 0.05
      ? AbortSignal.timeout(chance() * 5)
      : undefined;
    const room = accumulator.append({
      topic,
      value: String(value),
      ...(chance() < 0.5
        ? { partition: pick(0, 1, 2) }
        : { key: `${value % 7}` }),
    }, (result) => {
      results[value]++;
      if (result.error) reasons.add(result.error.reason);
      else acknowledged.push({ value, ...result });
    }, signal ? { signal } : {});
    if (chance() < 0.3) await room;
    if (chance() < 0.02) await pause(chance() * 3);
    if (chance() < 0.01) await accumulator.flush();
  }
  await accumulator.close(faulty ? { timeoutMs: pick(0, 5, 10_000) } : {});
  return { results, reasons, acknowledged, sender, accumulator };
}

Deno.test("RecordAccumulator ends every record in exactly one result under any settings and faults", async () => {
  const allReasons = new Set<string>();
  let splits = 0;
  for (let seed = 1; seed <= 25; seed++) {
    const { results, reasons, acknowledged, sender, accumulator } = await play(
      seed,
      true,
    );
    const message = `seed ${seed}`;
    assertEquals(results, Array(400).fill(1), message);
    assertEquals(accumulator.pendingRecords, 0, message);
    splits += sender.splits;
    for (const reason of reasons) allReasons.add(reason);
    for (const { value, partition, offset } of acknowledged) {
      assertEquals(sender.log.get(partition)![Number(offset)], value, message);
    }
    for (const log of sender.log.values()) {
      assertEquals(
        log,
        log.toSorted((a, b) => a - b),
        `${message}: order of what was written`,
      );
    }
    await pause(6); // what was under way when it closed comes back
    assertEquals(accumulator.bufferedBytes, 0, message);
  }
  assertEquals(
    [...allReasons].sort(),
    ["cancelled", "closed", "refused", "timed out"],
    "every kind of end must have come up",
  );
  assert(splits > 0, "no batch was too large");
});

Deno.test("RecordAccumulator keeps the order within partitions under any settings, and loses nothing", async () => {
  for (let seed = 101; seed <= 115; seed++) {
    const { results, acknowledged, sender } = await play(seed, false);
    assertEquals(results, Array(400).fill(1), `seed ${seed}`);
    assertEquals(acknowledged.length, 400, `seed ${seed}`);
    for (const log of sender.log.values()) {
      assert(
        log.every((value, i) => i === 0 || log[i - 1]! < value),
        `seed ${seed}: ${log}`,
      );
    }
  }
});
