import { assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import type { Consumer } from "kafkajs";
import { within } from "lib/client/deadline.ts";
import { consume, type ConsumeOptions } from "lib/consumer/consume.ts";
import type { ConsumedRecord } from "lib/consumer/consumed_record.ts";
import { broken, refusal, StandInConsumer } from "./_stand_in_consumer.ts";
import { linesDuring } from "./_stderr_lines.ts";

const soon = <T>(what: string, work: Promise<T>) =>
  within(work, { deadlineMs: 10_000, what });

function withLog(values: string): StandInConsumer {
  const stand = new StandInConsumer();
  stand.append(values);
  return stand;
}

/** A run over letters, which notes those that were processed. */
async function start(
  stand: StandInConsumer,
  options: Partial<ConsumeOptions> & Pick<ConsumeOptions, "commit">,
) {
  const processed: string[] = [];
  const run = await consume(stand.consumer, {
    onCommitError: () => {},
    ...options,
    async process(record) {
      await options.process?.(record);
      processed.push(`${record.value}`);
    },
  });
  return { run, processed };
}

const BY_HAND = ["each record", "each batch"] as const;
const ALL = [
  ...BY_HAND,
  "auto",
  "asynchronous",
  "background",
  "never",
] as const;

for (const commit of BY_HAND) {
  Deno.test(`consume() by '${commit}' tries a refused commit again, and processes nothing twice`, async () => {
    for (const error of [refusal("GROUP_LOAD_IN_PROGRESS"), broken()]) {
      const stand = withLog("abc");
      stand.refuseCommits(error, 3);
      const { run, processed } = await start(stand, { commit });
      await run.until(() => stand.commits.at(-1) === "0:3", {
        what: "commits",
      });
      await stand.consumer.disconnect();
      await run.done;
      assertEquals(processed.join(""), "abc");
    }
  });

  Deno.test(`consume() by '${commit}' joins again when the group goes on without it`, async () => {
    for (const type of ["UNKNOWN_MEMBER_ID", "NOT_COORDINATOR_FOR_GROUP"]) {
      const stand = withLog("abc");
      stand.refuseCommits(refusal(type, { retriable: false }));
      stand.onJoin = () => stand.joins > 0 && stand.acceptCommits();
      const { run, processed } = await start(stand, { commit });
      await run.until(() => stand.commits.at(-1) === "0:3", {
        what: "commits",
      });
      await stand.consumer.disconnect();
      const again = commit === "each record" ? "a" : "abc";
      assertEquals(processed.join(""), `${again}abc`);
      assertEquals([stand.joins, stand.thrown], [2, [type]]);
    }
  });

  Deno.test(`consume() by '${commit}' stops although commits are refused forever, and says so`, async () => {
    const stand = withLog("abc");
    stand.refuseCommits(broken);
    const errors: string[] = [];
    const { run } = await start(stand, {
      commit,
      onCommitError: (error) => void errors.push(`${error}`),
    });
    await run.until(() => stand.asked > 1, { what: "a second try" });
    await soon("the stop", stand.consumer.stop());
    await run.done;
    assertEquals([stand.commits, errors.length > 3], [[], true]);
  });

  Deno.test(`consume() by '${commit}' that commits first commits before the work`, async () => {
    const stand = withLog("ab");
    const before: string[] = [];
    const { run } = await start(stand, {
      ...{ commit, order: "commit first" },
      process: () => void before.push(stand.commits.at(-1)!),
    });
    await run.until(() => before.length === 2, { what: "two records" });
    await stand.consumer.stop();
    const first = commit === "each record" ? "0:1" : "0:2";
    assertEquals(before, [first, "0:2"]);
    assertEquals(stand.commits, [...new Set(before)]);
  });
}

for (const commit of ALL) {
  Deno.test(`consume() by '${commit}' lets stop() and disconnect() be awaited in its handlers, and ends`, async () => {
    for (const how of ["stop", "disconnect"] as const) {
      for (const hook of ["process", "onReceived"] as const) {
        const stand = withLog("abc");
        let returned = 0;
        const { run, processed } = await start(stand, {
          commit,
          [hook]: async () => {
            await stand.consumer[how]();
            returned++;
          },
        });
        await soon("the end", run.done);
        assertEquals([stand.isRunning, returned > 0], [false, true]);
        // A batch is received as a whole, and then a stop has begun.
        const isBatch = commit === "each batch" && hook === "onReceived";
        assertEquals(processed.join(""), isBatch ? "" : "a");
        if (commit === "never" || commit === "auto" || isBatch) continue;
        assertEquals(stand.commits, ["0:1"]);
      }
    }
  });

  Deno.test(`consume() by '${commit}' ends with the reason of a crash, and so does a wait`, async () => {
    const stand = withLog("");
    const { run } = await start(stand, { commit });
    const waiting = assertRejects(
      () => run.until(() => false, { what: "a record" }),
      Error,
      "no such group",
    );
    await stand.crash(new Error("no such group"));
    await waiting;
    await assertRejects(() => run.done, Error, "no such group");
  });

  Deno.test(`consume() by '${commit}' sends heartbeats while a record is processed`, async () => {
    const stand = withLog("a");
    const release = Promise.withResolvers<void>();
    const { run } = await start(stand, {
      commit,
      process: () => release.promise,
    });
    await run.until(() => stand.heartbeats >= 2, { what: "two heartbeats" });
    release.resolve();
    await stand.consumer.stop();
  });

  Deno.test(`consume() by '${commit}' hands bytes, headers and timestamps over as they came`, async () => {
    const stand = new StandInConsumer();
    const bytes = [0, 0, 0, 0, 7, 0xc3, 0x28, 0xef, 0xbb, 0xbf];
    stand.append([Buffer.from(bytes)]);
    const records: ConsumedRecord[] = [];
    const { run } = await start(stand, {
      commit,
      process: (record) => void records.push(record),
    });
    await run.until(() => records.length === 1, { what: "a record" });
    await stand.consumer.stop();
    const [{ value, ...record }] = records as [ConsumedRecord];
    assertEquals([...value!], bytes);
    assertEquals(record, {
      ...{ topic: "orders", partition: 0, offset: 0n, key: null },
      ...{ headers: {}, timestamp: "1700000000000" },
    });
  });
}

Deno.test("consume() by 'asynchronous' reports what was refused, and the next commit stands for it", async () => {
  const stand = withLog("a");
  stand.refuseCommits(broken, 1);
  const errors: unknown[] = [];
  const { run } = await start(stand, {
    commit: "asynchronous",
    onCommitError: (error) => void errors.push(error),
  });
  await run.until(() => errors.length === 1, { what: "the error" });
  stand.append("b");
  await run.until(() => stand.commits.length === 1, { what: "a commit" });
  await stand.consumer.stop();
  assertEquals(stand.commits, ["0:2"]);
});

Deno.test("consume() by 'asynchronous' says so after three refusals in a row, if nobody listens", async () => {
  const stand = withLog("abcd");
  stand.refuseCommits(broken);
  const lines = await linesDuring(async () => {
    const { run } = await start(stand, {
      ...{ commit: "asynchronous", onCommitError: undefined },
    });
    await run.until(() => stand.asked === 4, { what: "four commits" });
    await stand.consumer.stop();
  });
  assertEquals(lines, [
    "consume() cannot commit, 3 times in a row: what it processes would come again (KafkaJSConnectionClosedError: Closed connection)",
  ]);
});

Deno.test("consume() refuses a second run beside the first, and changes its way to commit after it", async () => {
  const stand = withLog("ab");
  const first = await start(stand, { commit: "background", everyMs: 60_000 });
  await assertRejects(
    () => start(stand, { commit: "never" }),
    Error,
    "Cannot start consume() as consume() runs this consumer",
  );
  await first.run.until(() => first.processed.length === 2, { what: "two" });
  await stand.consumer.stop();
  assertEquals(stand.commits, ["0:2"]);
  stand.append("cd");
  const second = await start(stand, { commit: "each record" });
  await second.run.until(() => stand.commits.length === 3, { what: "commits" });
  await stand.consumer.stop();
  assertEquals(stand.commits.slice(1), ["0:3", "0:4"]);
});

const WRONG: [Partial<ConsumeOptions>, string][] = [
  [{ commit: "sometimes" as "never" }, "'commit' must be one of 'auto'"],
  [{ everyMs: 0 }, "'everyMs'"],
  [{ autoCommitInterval: -1 }, "'autoCommitInterval'"],
  [{ autoCommitThreshold: 0.5 }, "'autoCommitThreshold'"],
  [{ process: undefined }, "'process' must be a function"],
  [{ onReceived: 1 as unknown as () => void }, "'onReceived'"],
  [
    { commit: "background", order: "commit first" },
    "current value is 'background'",
  ],
];

Deno.test("consume() refuses options that are wrong", async () => {
  for (const [wrong, message] of WRONG) {
    const options = { commit: "auto", process: () => {}, ...wrong };
    await assertRejects(
      () => consume({} as Consumer, options as ConsumeOptions),
      Error,
      message,
    );
  }
});
