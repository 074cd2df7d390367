import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { pause } from "lib/client/interrupt.ts";
import { within } from "lib/client/deadline.ts";
import { until } from "lib/client/until.ts";
import type { AccumulatorOptions } from "lib/producer/accumulator_options.ts";
import type {
  BatchFailure,
  BatchNews,
  BatchOutcome,
  BatchSender,
  ReadyBatch,
} from "lib/producer/batch_sender.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import type { UndeliveredError } from "lib/producer/record_result.ts";
import { SafeSender } from "lib/producer/safe_sender.ts";
import {
  kafkaError,
  type KafkaStandIn,
  kafkaStandIn,
  type StandInOptions,
} from "./_kafka_stand_in.ts";

const SECONDS = 1_000;

function batchOf(value: string, partition = 0, topic = "orders"): ReadyBatch {
  const record = { key: null, headers: undefined, timestamp: 1, partition };
  return { topic, partition, records: [{ ...record, value }], bytes: 80 };
}

/** A real `SafeSender` over a stand-in for KafkaJS, and accumulators over it. */
async function withSender(
  options: StandInOptions,
  play: (
    scene: KafkaStandIn & {
      sender: SafeSender;
      accumulator: (options?: AccumulatorOptions) => RecordAccumulator;
    },
  ) => Promise<void>,
): Promise<void> {
  const standIn = kafkaStandIn(options);
  const sender = new SafeSender(standIn.kafka);
  // The number of partitions cannot be asked of a stand-in.
  const counting: BatchSender = {
    batchesPerRequest: 1,
    partitionCount: () => Promise.resolve(100),
    send: (batches) => sender.send(batches),
  };
  const accumulators: RecordAccumulator[] = [];
  const accumulator = (options: AccumulatorOptions = {}) => {
    const made = new RecordAccumulator(counting, { lingerMs: 0, ...options });
    accumulators.push(made);
    return made;
  };
  try {
    await play(Object.assign(standIn, { sender, accumulator }));
  } finally {
    await Promise.all(accumulators.map((one) => one.close({ timeoutMs: 0 })));
    await sender.close();
  }
  assertEquals(standIn.connected, 0);
}

/** How each of the tries ends, in words, and what must come of them. */
const ENDS: {
  tries: string[];
  maybeWritten: boolean;
  replacements: number;
  error?: string;
}[] = [
  // Refused for good, and nothing else: not written, and the id can be kept.
  ...["TOPIC_AUTHORIZATION_FAILED", "MESSAGE_TOO_LARGE", "INVALID_RECORD"]
    .flatMap((last) => [
      { tries: [last], maybeWritten: false, replacements: 0 },
      {
        tries: ["NOT_ENOUGH_REPLICAS", "NOT_ENOUGH_REPLICAS", last],
        maybeWritten: false,
        replacements: 0,
      },
      // One try that may have been written is enough, wherever it stands.
      ...[
        ["timeout"],
        ["timeout", "NOT_ENOUGH_REPLICAS"],
        ["NOT_ENOUGH_REPLICAS", "timeout"],
        ["NOT_ENOUGH_REPLICAS_AFTER_APPEND"],
        ["NOT_LEADER_FOR_PARTITION"],
        ["REQUEST_TIMED_OUT", "NOT_ENOUGH_REPLICAS"],
      ].map((before) => ({
        tries: [...before, last],
        maybeWritten: true,
        replacements: 1,
      })),
    ]),
  // The broker answered, but not what became of it.
  { tries: ["UNKNOWN"], maybeWritten: true, replacements: 1 },
  {
    tries: ["NOT_ENOUGH_REPLICAS", "UNKNOWN"],
    maybeWritten: true,
    replacements: 1,
  },
  // With a new id, the broker would not recognize what the first try has written.
  {
    tries: ["timeout", "OUT_OF_ORDER_SEQUENCE_NUMBER"],
    maybeWritten: true,
    replacements: 1,
  },
  // No such place: what sends it again must first know where.
  {
    tries: ["UNKNOWN_TOPIC_OR_PARTITION"],
    maybeWritten: false,
    replacements: 0,
  },
];
for (const { tries, maybeWritten, replacements } of ENDS) {
  Deno.test(`SafeSender says of a batch that ended in ${tries.join(", ")} that it is ${maybeWritten ? "perhaps" : "not"} written`, () =>
    withSender({
      answer: ({ values, earlier }) =>
        values === "a" ? kafkaError(tries[earlier]!) : undefined,
    }, async ({ sender, calls }) => {
      const news: BatchNews[] = [];
      const batch = {
        ...batchOf("a"),
        report: (one: BatchNews) => void news.push(one),
      };
      const [outcome] = await sender.send([batch]);
      const { error, maybeWritten: said, tooLarge } = outcome as BatchFailure;
      assertEquals(error.message, tries.at(-1));
      assertEquals([said, sender.replacements], [maybeWritten, replacements]);
      assertEquals(tooLarge, tries.at(-1) === "MESSAGE_TOO_LARGE");
      assertEquals(calls.length, tries.length);
      const { maybeWritten: reported, error: last } = news.at(-1)!;
      assertEquals([reported, last], [maybeWritten, error]);
      // Its sequence numbers are used again only by an id that cannot be misunderstood.
      await sender.send([batchOf("b")]);
      assertEquals(calls.at(-1)!.producer, replacements);
    }));
}

Deno.test("SafeSender repeats what may pass with the same id, and a refused sequence number with another", () =>
  withSender({
    answer: ({ values, earlier }) =>
      ({
        a: ["timeout", "NOT_ENOUGH_REPLICAS", "NOT_LEADER_FOR_PARTITION"],
        b: ["OUT_OF_ORDER_SEQUENCE_NUMBER", "timeout"],
      } as Record<string, string[]>)[values]!.map(kafkaError)[
        values === "a" ? earlier : earlier - 4
      ],
  }, async ({ sender, calls, log }) => {
    const written: BatchOutcome[] = [];
    for (const value of ["a", "b"]) {
      written.push(...await sender.send([batchOf(value)]));
    }
    assertEquals(written.map(({ error }) => error), [undefined, undefined]);
    assertEquals(log.get("orders-0"), ["a", "b"]);
    assertEquals(
      calls.map(({ values, producer }) => `${values}${producer}`),
      ["a0", "a0", "a0", "a0", "b0", "b1", "b1"],
    );
    assertEquals(sender.replacements, 1);
  }));

Deno.test("SafeSender repeats a batch that waited in vain inside KafkaJS, which has not sent it", () =>
  withSender({
    answer: ({ earlier }) =>
      earlier > 0 ? undefined : Object.assign(new Error("waiting locks"), {
        name: "KafkaJSNonRetriableError",
        retriable: false,
        cause: Object.assign(new Error("waiting locks"), {
          name: "KafkaJSLockTimeout",
          retriable: false,
        }),
      }),
  }, async ({ sender, calls }) => {
    const [outcome] = await sender.send([batchOf("a")]);
    assertEquals([outcome!.error, calls.length], [undefined, 2]);
    assertEquals(sender.replacements, 0);
  }));

Deno.test("SafeSender does not repeat what a codec of the user's throws", () =>
  withSender({
    answer: ({ values }) =>
      values === "a"
        ? new TypeError("codec.deflate is not a function")
        : undefined,
  }, async ({ sender, calls }) => {
    const [outcome] = await sender.send([batchOf("a")]);
    assertEquals(outcome!.error?.message, "codec.deflate is not a function");
    assertEquals(calls.length, 1);
    const [next] = await sender.send([batchOf("b")]);
    assertEquals(next!.error, undefined);
  }));

for (const topics of [1, 50]) {
  Deno.test(`SafeSender writes to a healthy partition as ever while 50 partitions of ${topics} topics cannot be written`, () =>
    withSender({
      answer: ({ topic }) =>
        topic === "healthy" ? undefined : kafkaError("NOT_ENOUGH_REPLICAS"),
      leaderOf: () => 1,
    }, async ({ accumulator, calls, mostUnderWay }) => {
      const records = accumulator({ deliveryTimeoutMs: 60 * SECONDS });
      for (let i = 0; i < 50; i++) {
        const topic = topics === 1 ? "sick" : `sick-${i}`;
        records.add({ topic, partition: i, value: "x" }).catch(() => {});
      }
      await until(() => calls.length > 100, { what: "repeated tries" });
      for (let n = 0; n < 200; n++) {
        await within(records.add({ topic: "healthy", value: "y" }), {
          deadlineMs: 2 * SECONDS,
          what: `healthy record ${n}`,
        });
      }
      assertEquals(records.pendingRecords, 50);
      if (topics === 1) {
        // Five first tries, and one repeated one beside them.
        assert(mostUnderWay.get(1)! <= 6, `${mostUnderWay.get(1)} under way`);
      }
    }));
}

Deno.test("SafeSender lets new partitions, however many, take no turn of one that could be written while some are refused", async () => {
  const hanging = Promise.withResolvers<undefined>();
  const answer = ({ topic }: { topic: string }) => {
    if (topic === "orders") return kafkaError("NOT_ENOUGH_REPLICAS");
    return topic === "sick" ? hanging.promise : undefined;
  };
  await withSender({ answer, leaderOf: () => 1 }, async (scene) => {
    const { accumulator, calls } = scene;
    const records = accumulator({ deliveryTimeoutMs: 60 * SECONDS });
    const callsTo = (topic: string) =>
      calls.filter((call) => call.topic === topic).length;
    const addHealthy = () =>
      within(records.add({ topic: "healthy", partition: 0, value: "y" }), {
        deadlineMs: 2 * SECONDS,
        what: "a healthy record",
      });
    await addHealthy();
    records.add({ topic: "orders", partition: 0, value: "x" }).catch(() => {});
    await until(() => callsTo("orders") > 1, { what: "a repeated try" });
    const added = Array.from(
      { length: 50 },
      (_, partition) => records.add({ topic: "sick", partition, value: "x" }),
    );
    const all = Promise.all(added);
    all.catch(() => {});
    await until(() => callsTo("sick") > 0, { what: "a request to a new one" });
    for (let n = 0; n < 20; n++) await addHealthy();
    assertEquals(callsTo("sick"), 1);
    hanging.resolve(undefined);
    await all;
  });
});

Deno.test("SafeSender lets new partitions share all turns while none is refused", async () => {
  const hanging = Promise.withResolvers<undefined>();
  await withSender({
    answer: () => hanging.promise,
    leaderOf: () => 1,
  }, async ({ accumulator, calls }) => {
    const records = accumulator({ deliveryTimeoutMs: 60 * SECONDS });
    const added = Array.from(
      { length: 20 },
      (_, partition) => records.add({ topic: "orders", partition, value: "x" }),
    );
    await until(() => calls.length === 5, { what: "five requests" });
    hanging.resolve(undefined);
    await Promise.all(added);
  });
});

Deno.test("SafeSender lets a leader that hangs delay only what it leads", async () => {
  const hanging = Promise.withResolvers<undefined>();
  const HUNG = 1;
  await withSender({
    answer: ({ values }) => values === "x" ? hanging.promise : undefined,
    leaderOf: (_, partition) => partition < 6 ? HUNG : 2,
  }, async ({ accumulator, calls, mostUnderWay, log }) => {
    const records = accumulator({ deliveryTimeoutMs: 60 * SECONDS });
    const addToSix = (value: string) =>
      Array.from(
        { length: 6 },
        (_, partition) => records.add({ topic: "orders", partition, value }),
      );
    await Promise.all(addToSix("first"));
    const waiting = addToSix("x");
    await until(() => calls.length === 6 + 5, { what: "five requests more" });
    for (let n = 0; n < 200; n++) {
      const partition = 6 + n % 6;
      await within(records.add({ topic: "orders", partition, value: "y" }), {
        deadlineMs: 2 * SECONDS,
        what: `record ${n} of the other leader`,
      });
    }
    assertEquals([mostUnderWay.get(HUNG), records.pendingRecords], [5, 6]);
    hanging.resolve(undefined);
    await Promise.all(waiting);
    assertEquals(
      log.get("orders-5"),
      ["first", "x"],
      "the sixth had its turn then",
    );
  });
});

Deno.test("SafeSender sends nothing of a batch whose time is over while it waits for its turn", async () => {
  const hanging = Promise.withResolvers<undefined>();
  await withSender({
    answer: ({ values }) => values === "x" ? hanging.promise : undefined,
    leaderOf: () => 1,
  }, async ({ accumulator, calls, sender, log }) => {
    const blocking = accumulator({ deliveryTimeoutMs: 60 * SECONDS });
    const add = (partition: number, value: string) =>
      blocking.add({ topic: "orders", partition, value });
    await Promise.all([0, 1, 2, 3, 4, 5].map((one) => add(one, "first")));
    for (let partition = 0; partition < 5; partition++) {
      add(partition, "x").catch(() => {});
    }
    await until(() => calls.length === 6 + 5, { what: "five requests more" });
    const late = accumulator({ deliveryTimeoutMs: 50 });
    const error = await assertRejects(() =>
      late.add({ topic: "orders", partition: 5, value: "late" })
    ) as UndeliveredError;
    assertEquals([error.reason, error.maybeWritten], ["timed out", false]);
    assertEquals(
      error.message,
      "Cannot send a record to orders-5 as nothing was sent within 50 ms",
    );
    hanging.resolve(undefined);
    await blocking.flush();
    assertEquals([log.get("orders-5"), sender.replacements], [["first"], 0]);
    // The partition is free again.
    await late.add({ topic: "orders", partition: 5, value: "next" });
  });
});

Deno.test("SafeSender's timeout carries the last answer, and whether anything may be written", () =>
  withSender({
    answer: ({ partition, earlier }) =>
      partition === 1 && earlier > 0
        ? undefined
        : kafkaError(partition === 0 ? "NOT_ENOUGH_REPLICAS" : "timeout"),
  }, async ({ accumulator, sender }) => {
    const records = accumulator({ deliveryTimeoutMs: 300 });
    const [refused, unsure] = await Promise.all(
      [0, 2].map((partition) =>
        records.add({ topic: "orders", partition, value: "x" })
          .catch((error: UndeliveredError) => error)
      ),
    ) as [UndeliveredError, UndeliveredError];
    assertEquals(
      refused.message,
      "Cannot send a record to orders-0 as it was refused for 300 ms and is not written. The last answer was: NOT_ENOUGH_REPLICAS",
    );
    assertEquals([refused.maybeWritten, unsure.maybeWritten], [false, true]);
    assertEquals(
      unsure.message,
      "Cannot send a record to orders-2 as no answer came within 300 ms: it may have been written or still be. The last answer was: Request Produce timed out",
    );
    assertEquals((unsure.cause as Error).name, "KafkaJSRequestTimeoutError");
    await until(() => sender.replacements === 1, { what: "one new id" });
  }));

Deno.test("SafeSender's accumulator flushes and closes while partitions cannot be written", () =>
  withSender({
    answer: ({ topic }) =>
      topic === "healthy" ? undefined : kafkaError("NOT_ENOUGH_REPLICAS"),
    leaderOf: () => 1,
  }, async ({ accumulator, calls, sender }) => {
    const records = accumulator();
    const results: string[] = [];
    const put = (topic: string, partition: number) =>
      void records.append(
        { topic, partition, value: "x" },
        ({ error }) =>
          results.push(error ? `${error.reason} ${error.maybeWritten}` : topic),
      );
    for (let partition = 0; partition < 50; partition++) put("sick", partition);
    put("healthy", 0);
    let isFlushed = false;
    const flushing = records.flush().then(() => isFlushed = true);
    await until(() => calls.length > 60, { what: "repeated tries" });
    assertEquals([isFlushed, results], [false, ["healthy"]]);
    await records.close({ timeoutMs: 100 });
    await flushing;
    assertEquals(results.slice(1), Array(50).fill("closed false"));
    await within(sender.close(), { deadlineMs: SECONDS, what: "the end" });
    const { length } = calls;
    await pause(300);
    assertEquals(calls.length, length, "it went on after the end");
  }));

Deno.test("SafeSender does not split a batch of which an earlier try may have been written", () =>
  withSender({
    answer: ({ values, earlier }) =>
      [[kafkaError("timeout"), kafkaError("MESSAGE_TOO_LARGE")][earlier]]
        .find((error) => error && values.includes(" ")),
  }, async ({ accumulator, calls }) => {
    const records = accumulator();
    const ends = await Promise.allSettled(
      ["a", "b"].map((value) =>
        records.add({ topic: "orders", partition: 0, value })
      ),
    );
    const reasons = ends.map((end) =>
      end.status === "rejected" &&
      [end.reason.reason, end.reason.maybeWritten]
    );
    assertEquals(reasons, [["too large", true], ["too large", true]]);
    assertEquals(calls.map(({ values }) => values), ["a b", "a b"]);
  }));

Deno.test("SafeSender splits a batch that no try can have written", () =>
  withSender({
    answer: ({ values, earlier }) =>
      [
        kafkaError("NOT_ENOUGH_REPLICAS"),
        kafkaError("MESSAGE_TOO_LARGE"),
      ][values.includes(" ") ? earlier : 2],
  }, async ({ accumulator, log, sender }) => {
    const records = accumulator();
    await Promise.all(
      ["a", "b"].map((value) =>
        records.add({ topic: "orders", partition: 0, value })
      ),
    );
    assertEquals([log.get("orders-0"), sender.replacements], [["a", "b"], 0]);
  }));

Deno.test("SafeSender changes nothing of its client, however many ids it needs", async () => {
  const standIn = kafkaStandIn({
    answer: ({ earlier }) =>
      earlier < 5 ? kafkaError("OUT_OF_ORDER_SEQUENCE_NUMBER") : undefined,
  });
  const { kafka } = standIn;
  const symbol = Object.getOwnPropertySymbols(kafka)[0]!;
  const inside = kafka as unknown as Record<symbol, unknown>;
  const before = inside[symbol];
  const sender = new SafeSender(kafka);
  await sender.send([batchOf("a")]);
  assertEquals([sender.replacements, inside[symbol] === before], [5, true]);
  await sender.close();
});

Deno.test("SafeSender refuses options that cannot be meant", () => {
  const { kafka } = kafkaStandIn({ answer: () => undefined });
  const table: [object, string][] = [
    [
      { maxInFlightRequests: 0 },
      "'maxInFlightRequests' must be a whole number",
    ],
    [{ timeout: 1.5 }, "'timeout' must be a whole number from 1"],
    [{ compression: 9 }, "'compression' must be a whole number from 0 to 4"],
  ];
  for (const [options, why] of table) {
    assertThrows(() => new SafeSender(kafka, options), RangeError, why);
  }
  new SafeSender(kafka, {
    maxInFlightRequests: undefined,
    timeout: undefined,
    compression: undefined,
  });
});
