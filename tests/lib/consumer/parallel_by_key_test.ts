import { assertEquals, assertThrows } from "@std/assert";
import type { KafkaMessage } from "kafkajs";
import { until } from "../../_patience.ts";
import {
  parallelByKey,
  type ParallelByKeyOptions,
} from "lib/consumer/parallel_by_key.ts";
import { broken, refusal, StandInConsumer } from "./_stand_in_consumer.ts";

async function start(
  stand: StandInConsumer,
  process: (text: string) => void | Promise<void>,
  options: Omit<ParallelByKeyOptions, "process"> = {},
) {
  await stand.consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: parallelByKey({
      onCommitError: () => {},
      ...options,
      process: ({ value }: KafkaMessage) => process(`${value}`),
    }),
  });
}

function withLog(values: string): StandInConsumer {
  const stand = new StandInConsumer();
  stand.append(values);
  return stand;
}

Deno.test("parallelByKey() commits on the way out what is done, even after an interval commit that was refused", async () => {
  for (const error of [broken(), refusal("NOT_COORDINATOR_FOR_GROUP")]) {
    const stand = withLog("ab");
    stand.refuseCommits(error, 1);
    await start(stand, async (text) => {
      if (text !== "b") return;
      await until(() => stand.asked > 0, { what: "an interval commit" });
      throw new Error("no b, please");
    }, { everyMs: 5 });
    await until(() => stand.thrown.length > 0, { what: "the error" });
    assertEquals([stand.thrown[0], stand.commits], ["no b, please", ["0:1"]]);
    await stand.consumer.stop();
  }
});

Deno.test("parallelByKey() goes on when an interval commit gets no answer, and commits at the next", async () => {
  const stand = withLog("ab");
  stand.refuseCommits(broken, 2);
  const release = Promise.withResolvers<void>();
  await start(stand, async (text) => {
    if (text === "b") await release.promise;
  }, { everyMs: 5 });
  await until(() => stand.commits.length === 1, { what: "a commit" });
  release.resolve();
  await until(() => stand.commits.length === 2, { what: "the last commit" });
  await stand.consumer.stop();
  assertEquals([stand.commits, stand.thrown], [["0:1", "0:2"], []]);
});

Deno.test("parallelByKey() breaks off and joins again when the group goes on without it, and loses nothing", async () => {
  const stand = withLog("abcdef");
  const done: string[] = [];
  stand.refuseCommits(refusal("ILLEGAL_GENERATION", { retriable: false }));
  stand.onJoin = () => stand.joins > 0 && stand.acceptCommits();
  await start(stand, async (text) => {
    if (text === "b" && stand.joins === 1) {
      await until(() => stand.asked > 0, { what: "an interval commit" });
    }
    done.push(text);
  }, { everyMs: 5, concurrency: 2, limit: 2 });
  await until(() => stand.commits.at(-1) === "0:6", { what: "all" });
  await stand.consumer.stop();
  assertEquals([new Set(done).size, stand.joins], [6, 2]);
  assertEquals(stand.thrown, ["ILLEGAL_GENERATION"]);
});

Deno.test("parallelByKey() tries its last commit again, and repeats nothing", async () => {
  const stand = withLog("abc");
  stand.refuseCommits(refusal("GROUP_LOAD_IN_PROGRESS"), 3);
  const done: string[] = [];
  await start(stand, (text) => void done.push(text), { everyMs: 60_000 });
  await until(() => stand.commits.length === 1, { what: "the commit" });
  await stand.consumer.stop();
  assertEquals([done.join(""), stand.commits], ["abc", ["0:3"]]);
});

Deno.test("parallelByKey() lets its consumer stop although commits are refused forever", async () => {
  const stand = withLog("abc");
  stand.refuseCommits(refusal("GROUP_LOAD_IN_PROGRESS"));
  await start(stand, () => {}, { everyMs: 60_000 });
  await until(() => stand.asked > 1, { what: "two tries" });
  await stand.consumer.stop();
  assertEquals(stand.commits, []);
});

Deno.test("parallelByKey() takes undefined for a default, and refuses wrong options before there is a record", () => {
  const process = () => Promise.resolve();
  parallelByKey({
    ...{ process, everyMs: undefined, concurrency: undefined },
    ...{ limit: undefined, onCommitError: undefined },
  });
  const wrong: [Partial<ParallelByKeyOptions>, string][] = [
    [{ everyMs: 0 }, "'everyMs'"],
    [{ concurrency: 0 }, "'concurrency' must be a positive integer"],
    [{ limit: 1.5 }, "'limit' must be a positive integer"],
    [{ process: undefined }, "'process' must be a function"],
  ];
  for (const [options, message] of wrong) {
    assertThrows(
      () => parallelByKey({ process, ...options } as ParallelByKeyOptions),
      Error,
      message,
    );
  }
});
