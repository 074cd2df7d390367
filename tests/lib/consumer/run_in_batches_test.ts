import { assert, assertEquals, assertRejects } from "@std/assert";
import { within } from "lib/client/deadline.ts";
import { until } from "../../_patience.ts";
import {
  runInBatches,
  type RunInBatchesOptions,
} from "lib/consumer/run_in_batches.ts";
import { broken, refusal, StandInConsumer } from "./_stand_in_consumer.ts";
import { linesDuring } from "./_stderr_lines.ts";

type Process = (text: string) => void | Promise<void>;

/** A run over letters, which notes the batches that were processed, such as "ab". */
async function start(
  stand: StandInConsumer,
  { process = () => {}, ...options }:
    & Omit<RunInBatchesOptions, "process">
    & { process?: Process } = {},
) {
  const batches: string[] = [];
  const run = await runInBatches(stand.consumer, {
    ...{ size: 2, retryMs: 1, onCommitError: () => {} },
    ...options,
    async process(records) {
      const text = records.map(({ message }) => `${message.value}`).join("");
      await process(text);
      batches.push(text);
    },
  });
  return { run, batches };
}

const soon = <T>(what: string, work: Promise<T>) =>
  within(work, { deadlineMs: 10_000, what });

/** A stand-in with some records in partition 0. */
function withLog(values: string): StandInConsumer {
  const stand = new StandInConsumer();
  stand.append(values);
  return stand;
}

const REFUSALS = {
  NOT_COORDINATOR_FOR_GROUP: () => refusal("NOT_COORDINATOR_FOR_GROUP"),
  COORDINATOR_LOAD_IN_PROGRESS: () => refusal("COORDINATOR_LOAD_IN_PROGRESS"),
  COORDINATOR_NOT_AVAILABLE: () => refusal("COORDINATOR_NOT_AVAILABLE"),
  UNKNOWN_MEMBER_ID: () => refusal("UNKNOWN_MEMBER_ID", { retriable: false }),
  ILLEGAL_GENERATION: () => refusal("ILLEGAL_GENERATION", { retriable: false }),
  REBALANCE_IN_PROGRESS: () =>
    refusal("REBALANCE_IN_PROGRESS", { retriable: false }),
  UNKNOWN: () => refusal("UNKNOWN", { retriable: false }),
  "a broken connection": broken,
  "retries that were used up": () =>
    Object.assign(new Error("gave up", { cause: broken() }), {
      ...{ name: "KafkaJSNumberOfRetriesExceeded", retriable: false },
    }),
  "a timeout": () =>
    Object.assign(new Error("Request OffsetCommit timed out"), {
      ...{ name: "KafkaJSRequestTimeoutError", retriable: true },
    }),
  "a lock's timeout": () =>
    Object.assign(new Error("Timeout while acquiring lock"), {
      ...{ name: "KafkaJSLockTimeout", retriable: false },
    }),
};

for (const [name, error] of Object.entries(REFUSALS)) {
  for (const size of [2, 3]) {
    const begun = size === 2 ? "its size" : "its time";
    Deno.test(`runInBatches() survives a commit refused once by ${name}, after a batch begun by ${begun}`, async () => {
      const stand = withLog("ab");
      stand.refuseCommits(error, 1);
      const { run, batches } = await start(stand, { size, timeoutMs: 5 });
      await run.until(() => stand.commits.length === 1, { what: "a commit" });
      await stand.consumer.disconnect();
      await run.done;
      assertEquals([batches, stand.commits], [["ab"], ["0:2"]]);
    });
  }
}

Deno.test("runInBatches() waits for a coordinator that refuses seven times, and processes nothing twice", async () => {
  const stand = withLog("abcd");
  stand.refuseCommits(refusal("GROUP_LOAD_IN_PROGRESS"), 7);
  const { run, batches } = await start(stand);
  await run.until(() => stand.commits.length === 2, { what: "two commits" });
  await stand.consumer.disconnect();
  assertEquals([batches, stand.commits], [["ab", "cd"], ["0:2", "0:4"]]);
});

for (
  const type of [
    ...["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"],
    ...["REBALANCE_IN_PROGRESS", "NOT_COORDINATOR_FOR_GROUP"],
  ]
) {
  Deno.test(`runInBatches() joins again when commits are refused by ${type} until then, and repeats one batch`, async () => {
    const stand = withLog("abcde");
    stand.refuseCommits(refusal(type));
    stand.onJoin = () => stand.joins > 0 && stand.acceptCommits();
    const { run, batches } = await start(stand);
    await run.until(() => stand.commits.length === 2, { what: "two commits" });
    await stand.consumer.disconnect();
    await run.done;
    assertEquals(batches, ["ab", "ab", "cd", "e"]);
    assertEquals([stand.thrown, stand.joins], [[type], 2]);
  });
}

Deno.test("runInBatches() joins again, to look for the coordinator, when nobody answers ten commits", async () => {
  const stand = withLog("ab");
  stand.refuseCommits(broken);
  stand.onJoin = () => stand.joins > 0 && stand.acceptCommits();
  const { run, batches } = await start(stand);
  await run.until(() => stand.commits.length === 1, {
    what: "a commit",
    deadlineMs: 20_000,
  });
  await stand.consumer.disconnect();
  assertEquals([batches, stand.joins], [["ab", "ab"], 2]);
});

Deno.test("runInBatches() joins again by the next fetch when a batch begun by its time cannot be committed", async () => {
  const stand = withLog("a");
  stand.refuseCommits(refusal("ILLEGAL_GENERATION"));
  stand.onJoin = () => stand.joins > 0 && stand.acceptCommits();
  const { run, batches } = await start(stand, { size: 3, timeoutMs: 5 });
  await until(() => stand.asked >= 3, { what: "three tries to commit" });
  assertEquals(stand.joins, 1);
  stand.append("bc");
  await run.until(() => stand.commits.length > 0, { what: "a commit" });
  await stand.consumer.disconnect();
  assertEquals([batches[0], stand.joins], ["a", 2]);
  assertEquals(stand.commits.at(-1), "0:3");
  assertEquals(batches.slice(1).join(""), "abc");
});

Deno.test("runInBatches() stops although commits are refused forever, and says that the last one was", async () => {
  const stand = withLog("ab");
  stand.refuseCommits(refusal("COORDINATOR_NOT_AVAILABLE"));
  let run: Awaited<ReturnType<typeof start>>["run"] | undefined;
  const lines = await linesDuring(async () => {
    ({ run } = await start(stand, { onCommitError: undefined }));
    await run.until(() => stand.asked >= 3, { what: "three tries" });
    await soon("the stop", stand.consumer.stop());
    await soon("the end", run.done);
  });
  assertEquals(lines, [
    "runInBatches() cannot commit, 3 times in a row: what it processes would come again (KafkaJSProtocolError: COORDINATOR_NOT_AVAILABLE)",
    "runInBatches() could not commit when it ended: what it processed last comes again (KafkaJSProtocolError: COORDINATOR_NOT_AVAILABLE)",
  ]);
  assertEquals([stand.commits, stand.isRunning], [[], false]);
});

Deno.test("runInBatches() stops although a commit is never answered", async () => {
  const stand = withLog("ab");
  const answer = Promise.withResolvers<void>();
  stand.delayCommits(answer.promise);
  const errors: string[] = [];
  const { run } = await start(stand, {
    onCommitError: (error) => void errors.push(`${error}`),
  });
  await run.until(() => stand.asked === 1, { what: "a commit" });
  await soon("the stop", stand.consumer.stop());
  await run.done;
  answer.resolve();
  assertEquals(errors, ["DeadlineError: No answer to a commit within 5 s"]);
});

Deno.test("runInBatches() ends with the reason when it may not commit", async () => {
  const stand = withLog("abcd");
  stand.refuseCommits(
    refusal("GROUP_AUTHORIZATION_FAILED", { retriable: false }),
  );
  const { run, batches } = await start(stand);
  await assertRejects(
    () => soon("the end", run.done),
    Error,
    "GROUP_AUTHORIZATION_FAILED",
  );
  assertEquals([batches, stand.stops], [["ab"], 1]);
});

Deno.test("runInBatches() reports each refused commit, and survives a callback that throws", async () => {
  const stand = withLog("ab");
  stand.refuseCommits(broken, 2);
  const failures: number[] = [];
  const lines = await linesDuring(async () => {
    const { run } = await start(stand, {
      onCommitError(_, count) {
        failures.push(count);
        throw new Error("the callback's own");
      },
    });
    await run.until(() => stand.commits.length === 1, { what: "a commit" });
    await stand.consumer.disconnect();
  });
  assertEquals([failures, lines.length], [[1, 2], 2]);
});

for (const how of ["stop", "disconnect"] as const) {
  Deno.test(`runInBatches() lets ${how}() be awaited in process, and then ends`, async () => {
    const stand = withLog("abcde");
    let returned = false;
    const { run, batches } = await start(stand, {
      async process(text) {
        if (text !== "ab") return;
        await stand.consumer[how]();
        returned = true;
      },
    });
    await soon("the end", run.done);
    assertEquals([returned, batches], [true, ["ab"]]);
    assertEquals([stand.commits, stand.isRunning], [["0:2"], false]);
    await soon("a second one", stand.consumer[how]());
  });

  Deno.test(`runInBatches() lets ${how}() be awaited in a batch begun by its time, and in onFailed`, async () => {
    const stand = withLog("a");
    const { run } = await start(stand, {
      ...{ size: 5, timeoutMs: 5, retries: 0 },
      process: () => Promise.reject(new Error("never")),
      onFailed: () => stand.consumer[how](),
    });
    await soon("the end", run.done);
    assertEquals([stand.commits, stand.isRunning], [["0:1"], false]);
  });
}

Deno.test("runInBatches() waits in a stop for the batch in work, and processes what is collected", async () => {
  const stand = withLog("abc");
  const working = Promise.withResolvers<void>();
  let begun = "";
  const { run, batches } = await start(stand, {
    ...{ size: 2, timeoutMs: 5 },
    async process(text) {
      begun = text;
      if (text === "c") await working.promise;
    },
  });
  await run.until(() => begun === "c", { what: "the batch begun by its time" });
  let hasStopped = false;
  const stopping = stand.consumer.disconnect().then(() => hasStopped = true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals([hasStopped, batches], [false, ["ab"]]);
  working.resolve();
  await soon("the stop", stopping);
  assertEquals([batches, stand.commits], [["ab", "c"], ["0:2", "0:3"]]);
});

Deno.test("runInBatches() ends a retry pause when it is stopped, and leaves the batch and what is behind it", async () => {
  const stand = withLog("ab");
  let tries = 0;
  const { run, batches } = await start(stand, {
    ...{ retryMs: 600_000, maxRetryMs: 600_000, timeoutMs: 5, size: 3 },
    process() {
      tries++;
      throw new Error("not now");
    },
  });
  await run.until(() => tries === 1, { what: "the first try" });
  stand.append("c");
  await soon("the stop", stand.consumer.stop());
  await run.done;
  assertEquals([tries, batches, stand.commits], [1, [], []]);
});

Deno.test("runInBatches() gives the error of a disconnect to its caller and to whoever waits for the end", async () => {
  const stand = withLog("ab");
  stand.onDisconnect = () => {
    throw new Error("the socket is gone");
  };
  const { run, batches } = await start(stand);
  await run.until(() => batches.length === 1, { what: "a batch" });
  const ended = assertRejects(() => run.done, Error, "the socket is gone");
  await assertRejects(
    () => stand.consumer.disconnect(),
    Error,
    "the socket is gone",
  );
  await ended;
  stand.onDisconnect = () => {};
  await stand.consumer.disconnect();
});

Deno.test("runInBatches() tells the error of a disconnect inside process by its end", async () => {
  const stand = withLog("ab");
  stand.onDisconnect = () => {
    throw new Error("the socket is gone");
  };
  const { run } = await start(stand, {
    process: () => stand.consumer.disconnect(),
  });
  await assertRejects(
    () => soon("the end", run.done),
    Error,
    "the socket is gone",
  );
});

Deno.test("runInBatches() ends with the reason of a crash without restart", async () => {
  const stand = withLog("");
  const { run } = await start(stand);
  await stand.crash(new Error("no such group"));
  await assertRejects(() => soon("the end", run.done), Error, "no such group");
});

Deno.test("runInBatches() ends a retry pause at a crash", async () => {
  const stand = withLog("a");
  let tries = 0;
  const { run } = await start(stand, {
    ...{ retryMs: 600_000, maxRetryMs: 600_000, timeoutMs: 5 },
    process() {
      tries++;
      throw new Error("not now");
    },
  });
  await run.until(() => tries === 1, { what: "the first try" });
  await stand.crash(new Error("no such group"));
  await assertRejects(() => soon("the end", run.done), Error, "no such group");
  await stand.consumer.disconnect();
  assertEquals(tries, 1);
});

Deno.test("runInBatches() goes on after a crash with restart, and loses nothing", async () => {
  const stand = withLog("abc");
  const { run, batches } = await start(stand, { timeoutMs: 60_000 });
  await run.until(() => stand.commits.length === 1, { what: "a commit" });
  await stand.crash(new Error("retries used up"), { restart: true });
  stand.append("d");
  await run.until(() => stand.commits.length === 2, { what: "another" });
  await stand.consumer.disconnect();
  await run.done;
  assertEquals([batches, stand.commits], [["ab", "cd"], ["0:2", "0:4"]]);
});

Deno.test("runInBatches() ends with the reason of a restart that fails", async () => {
  const stand = withLog("");
  const { run } = await start(stand);
  stand.onJoin = () => {
    throw new Error("no coordinator");
  };
  await stand.crash(new Error("retries used up"), { restart: true });
  await assertRejects(() => soon("the end", run.done), Error, "no coordinator");
});

Deno.test("runInBatches() is stopped while its consumer joins, at first or again after a crash", async () => {
  for (const isRestart of [false, true]) {
    const stand = withLog("ab");
    const joining = Promise.withResolvers<void>();
    if (!isRestart) stand.delayJoins(joining.promise);
    const starting = start(stand);
    if (isRestart) {
      const { run } = await starting;
      await run.until(() => stand.commits.length === 1, { what: "a commit" });
      stand.delayJoins(joining.promise);
      await stand.crash(new Error("retries used up"), { restart: true });
      await until(() => stand.starts === 2, { what: "the restart" });
      stand.append("cd");
    }
    const stopping = stand.consumer.stop();
    joining.resolve();
    await soon("the stop", stopping);
    const { run, batches } = await starting;
    await soon("the end", run.done);
    assertEquals(stand.isRunning, false);
    assertEquals(batches, isRestart ? ["ab"] : []);
  }
});

Deno.test("runInBatches() is stopped before its consumer starts again after a crash", async () => {
  const stand = withLog("ab");
  const { run } = await start(stand);
  const { joins } = stand;
  await stand.crash(new Error("retries used up"), { restart: true });
  await soon("the stop", stand.consumer.stop());
  await soon("the end", run.done);
  assertEquals([stand.isRunning, stand.joins - joins <= 1], [false, true]);
});

Deno.test("runInBatches() throws the reason itself if its consumer crashes while it joins", async () => {
  const stand = withLog("");
  stand.onJoin = () => {
    throw new Error("not allowed to join");
  };
  await assertRejects(() => start(stand), Error, "not allowed to join");
  stand.onJoin = () => {};
  const { run } = await start(stand);
  await stand.consumer.stop();
  await run.done;
});

Deno.test("runInBatches() does not commit a batch that was in work during a rebalance: it comes again", async () => {
  const stand = withLog("ab");
  const working = Promise.withResolvers<void>();
  let begun = 0;
  const { run, batches } = await start(stand, {
    ...{ size: 3, timeoutMs: 5 },
    async process() {
      if (++begun === 1) await working.promise;
    },
  });
  await run.until(() => begun === 1, { what: "the batch begun by its time" });
  stand.rebalance();
  working.resolve();
  await run.until(() => stand.commits.length === 1, { what: "a commit" });
  await stand.consumer.disconnect();
  assertEquals([batches, stand.commits], [["ab", "ab"], ["0:2"]]);
});

Deno.test("runInBatches() tries no longer what was lost in a rebalance", async () => {
  const stand = withLog("ab");
  let tries = 0;
  const { run, batches } = await start(stand, {
    ...{ size: 3, timeoutMs: 5, retryMs: 600_000, maxRetryMs: 600_000 },
    process() {
      if (++tries === 1) throw new Error("not now");
    },
  });
  await run.until(() => tries === 1, { what: "the first try" });
  stand.rebalance();
  await run.until(() => stand.commits.length === 1, { what: "a commit" });
  await stand.consumer.disconnect();
  assertEquals([tries, batches], [2, ["ab"]]);
});

Deno.test("runInBatches() takes nothing that lies behind records which a rebalance dropped", async () => {
  const stand = withLog("ab");
  const { run, batches } = await start(stand, { size: 5, timeoutMs: 60_000 });
  await until(() => stand.position(0) === 2n, { what: "both to be collected" });
  stand.append("cde");
  // Before the loop goes on: a fetch that began before the join brings "cde".
  stand.rebalance();
  await assertRejects(() => stand.handOver(0, 2), Error, "has not come again");
  await run.until(() => stand.commits.length === 1, { what: "a commit" });
  await stand.consumer.disconnect();
  assertEquals([batches, stand.commits], [["abcde"], ["0:5"]]);
});

Deno.test("runInBatches() expects nothing again that was committed while the group was divided anew", async () => {
  const stand = withLog("ab");
  const answer = Promise.withResolvers<void>();
  stand.delayCommits(answer.promise);
  const { run, batches } = await start(stand, { size: 3, timeoutMs: 5 });
  await run.until(() => stand.asked === 1, { what: "a commit on its way" });
  stand.append("c");
  stand.rebalance();
  answer.resolve(); // before the next fetch
  await run.until(() => stand.commits.length === 2, { what: "another" });
  await stand.consumer.disconnect();
  assertEquals([batches, stand.commits], [["ab", "c"], ["0:2", "0:3"]]);
  assertEquals([stand.joins, stand.thrown], [2, []]);
});

Deno.test("runInBatches() commits where each partition goes on", async () => {
  const stand = withLog("ab");
  stand.append("xyz", 1);
  const { run, batches } = await start(stand, { size: 5 });
  await run.until(() => stand.commits.length === 1, { what: "a commit" });
  await stand.consumer.disconnect();
  assertEquals([batches, stand.commits], [["abxyz"], ["0:2 1:3"]]);
});

Deno.test("runInBatches() takes an empty batch", async () => {
  const stand = withLog("ab");
  const { run } = await start(stand);
  await stand.handOver(0, 0, 0);
  await run.until(() => stand.commits.length === 1, { what: "a commit" });
  await stand.consumer.disconnect();
});

Deno.test("runInBatches() refuses a second run beside the first, and works again after it", async () => {
  const stand = withLog("");
  const first = await start(stand);
  await assertRejects(
    () => start(stand),
    Error,
    "Cannot start runInBatches() as runInBatches() runs this consumer: stop it first, or use another consumer",
  );
  const { listeners } = stand;
  await stand.consumer.stop();
  await first.run.done;
  for (let count = 1; count <= 20; count++) {
    stand.append("ab");
    const { run, batches } = await start(stand);
    await run.until(() => stand.commits.length === count, { what: "a commit" });
    await stand.consumer.stop();
    await run.done;
    assertEquals(batches, ["ab"]);
  }
  assertEquals(stand.listeners, listeners);
  assertEquals(first.batches, []);
});

Deno.test("runInBatches() says in one line why it has ended, if nobody looks, and the process lives on", async () => {
  const stand = withLog("ab");
  const lines = await linesDuring(async () => {
    await runInBatches(stand.consumer, {
      ...{ size: 2, retries: 0 },
      process: () => Promise.reject(new Error("one bad record\nin two lines")),
    });
    await until(() => stand.stops === 1, { what: "the stop" });
  });
  assertEquals(lines, [
    "runInBatches() of group 'billing' has ended by an error: Error: one bad record in two lines",
  ]);
});

Deno.test("runInBatches() ends with the error of onFailed, and commits nothing of its batch", async () => {
  const stand = withLog("ab");
  const { run } = await start(stand, {
    retries: 0,
    process: () => Promise.reject(new Error("bad record")),
    onFailed: () => Promise.reject(new Error("no dead letter topic")),
  });
  await assertRejects(() => soon("the end", run.done), Error, "dead letter");
  assertEquals(stand.commits, []);
});

Deno.test("runInBatches() rejects with the reason although it is being stopped when a batch fails for good", async () => {
  const stand = withLog("a");
  const { run } = await start(stand, {
    ...{ size: 2, timeoutMs: 60_000, retries: 0 },
    process: () => Promise.reject(new Error("bad record")),
  });
  await until(() => stand.position(0) === 1n, { what: "it to be collected" });
  const ended = assertRejects(() => run.done, Error, "bad record");
  await soon("the stop", stand.consumer.stop());
  await soon("the end", ended);
});

Deno.test("runInBatches() sends heartbeats while a batch is processed", async () => {
  const stand = withLog("ab");
  const release = Promise.withResolvers<void>();
  const { run } = await start(stand, { process: () => release.promise });
  await run.until(() => stand.heartbeats >= 2, { what: "two heartbeats" });
  release.resolve();
  await stand.consumer.disconnect();
});

Deno.test("runInBatches() takes undefined for a default", async () => {
  const stand = withLog("abcde");
  let tries = 0;
  const run = await runInBatches(stand.consumer, {
    ...{ size: undefined, timeoutMs: undefined, retries: undefined },
    ...{ maxRetryMs: undefined, onFailed: undefined, retryMs: 0 },
    process() {
      tries++;
      throw new Error("never");
    },
  });
  await assertRejects(() => soon("the end", run.done), Error, "never");
  assertEquals(tries, 4);
});

const WRONG: [Partial<RunInBatchesOptions>, string][] = [
  [{ size: 0 }, "'size' must be a positive integer: current value is 0"],
  [{ size: 1.5 }, "'size'"],
  [{ retries: -1 }, "'retries' must be a non-negative integer"],
  [{ retries: Infinity }, "'retries'"],
  [{ timeoutMs: NaN }, "'timeoutMs'"],
  [{ timeoutMs: 2 ** 31 }, "'timeoutMs'"],
  [{ retryMs: -1 }, "'retryMs'"],
  [{ maxRetryMs: null as unknown as number }, "'maxRetryMs'"],
  [{ process: 1 as unknown as () => void }, "'process' must be a function"],
  [{ onFailed: 1 as unknown as () => void }, "'onFailed'"],
];

Deno.test("runInBatches() refuses options that are wrong, and leaves the consumer free", async () => {
  const stand = withLog("");
  for (const [wrong, message] of WRONG) {
    const options = { process: () => {}, ...wrong };
    const error = await assertRejects(
      () => runInBatches(stand.consumer, options),
      Error,
      message,
    );
    assert(error instanceof RangeError || error instanceof TypeError);
  }
  const { run } = await start(stand);
  await stand.consumer.stop();
  await run.done;
});
