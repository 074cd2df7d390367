import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { within } from "lib/client/deadline.ts";
import { until } from "../../_patience.ts";
import {
  commitInBackground,
  type CommitInBackgroundOptions,
} from "lib/consumer/commit_in_background.ts";
import { runInBatches } from "lib/consumer/run_in_batches.ts";
import { broken, refusal, StandInConsumer } from "./_stand_in_consumer.ts";
import { linesDuring } from "./_stderr_lines.ts";

const soon = <T>(what: string, work: Promise<T>) =>
  within(work, { deadlineMs: 10_000, what });

async function start(
  options: CommitInBackgroundOptions,
  handle: (text: string) => void | Promise<void> = () => {},
) {
  const stand = new StandInConsumer();
  stand.append("abc");
  const consumer = commitInBackground(stand.consumer, options);
  const processed: string[] = [];
  await consumer.run({
    async eachMessage({ message }) {
      await handle(`${message.value}`);
      processed.push(`${message.value}`);
    },
  });
  await until(() => processed.length > 0, { what: "a record" });
  return { stand, consumer, processed };
}

Deno.test("commitInBackground() reports each refusal, and the next interval commits all", async () => {
  const failures: number[] = [];
  const { stand, consumer } = await start({
    everyMs: 5,
    onCommitError: (_, count) => void failures.push(count),
  });
  await until(() => stand.commits.length === 1, { what: "a commit" });
  stand.refuseCommits(broken, 4);
  stand.append("d");
  await until(() => stand.commits.length === 2, { what: "a commit" });
  await consumer.stop();
  assertEquals([failures, stand.commits.at(-1)], [[1, 2, 3, 4], "0:4"]);
});

Deno.test("commitInBackground() says so after three refusals in a row, at once where nothing helps, and about the last one", async () => {
  const said = async (error: Error) => {
    const lines = await linesDuring(async () => {
      const { stand, consumer, processed } = await start({ everyMs: 60_000 });
      await until(() => processed.length === 3, { what: "three records" });
      stand.refuseCommits(error);
      await soon("the stop", consumer.stop());
    });
    return lines.map((line) => line.split(":")[0]);
  };
  const last = "commitInBackground() could not commit when it ended";
  assertEquals(await said(broken()), [last]);
  assertEquals(
    await said(refusal("TOPIC_AUTHORIZATION_FAILED", { retriable: false })),
    [last],
  );
  const lines = await linesDuring(async () => {
    const { stand, consumer } = await start({ everyMs: 5 }, () => {});
    await until(() => stand.commits.length === 1, { what: "a commit" });
    stand.refuseCommits(
      refusal("TOPIC_AUTHORIZATION_FAILED", { retriable: false }),
    );
    stand.append("d");
    await until(() => stand.asked >= 6, { what: "five refusals" });
    stand.acceptCommits();
    await consumer.stop();
  });
  assertEquals(lines, [
    "commitInBackground() cannot commit: what it processes would come again (KafkaJSProtocolError: TOPIC_AUTHORIZATION_FAILED)",
    "commitInBackground() cannot commit, 3 times in a row: what it processes would come again (KafkaJSProtocolError: TOPIC_AUTHORIZATION_FAILED)",
  ]);
});

Deno.test("commitInBackground() commits when it stops, even if it is refused twice", async () => {
  const { stand, consumer, processed } = await start({
    everyMs: 60_000,
    onCommitError: () => {},
  });
  await until(() => processed.length === 3, { what: "three records" });
  stand.refuseCommits(broken, 2);
  await soon("the stop", consumer.disconnect());
  assertEquals(stand.commits, ["0:3"]);
});

Deno.test("commitInBackground() waits for a slow answer, and asks once meanwhile", async () => {
  const { stand, consumer, processed } = await start({ everyMs: 5 });
  await until(() => processed.length === 3 && stand.commits.length > 0);
  const answer = Promise.withResolvers<void>();
  stand.delayCommits(answer.promise);
  const { asked } = stand;
  stand.append("d");
  await until(() => stand.asked === asked + 1, { what: "a commit" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(stand.asked, asked + 1);
  answer.resolve();
  await consumer.stop();
  assertEquals(stand.commits.at(-1), "0:4");
});

for (const how of ["stop", "disconnect"] as const) {
  Deno.test(`commitInBackground() lets ${how}() be awaited in the handler, and commits what it did`, async () => {
    const { stand } = await start({ everyMs: 60_000 }, async (text) => {
      if (text === "b") await stand.consumer[how]();
    });
    await until(() => stand.stops > 0, { what: "the stop" });
    assertEquals([stand.commits.at(-1), stand.isRunning], ["0:2", false]);
  });
}

Deno.test("commitInBackground() leaves no timer behind when its consumer crashes", async () => {
  const { stand } = await start({ everyMs: 5 });
  await stand.crash(new Error("no such group"));
  stand.onJoin = () => {
    throw new Error("not allowed to join");
  };
  await assertRejects(
    () => stand.consumer.run({ eachMessage: () => Promise.resolve() }),
    Error,
    "not allowed to join",
  );
});

Deno.test("commitInBackground() is refused together with runInBatches(), whose records it would commit unprocessed", async () => {
  const { consumer } = new StandInConsumer();
  commitInBackground(consumer);
  await assertRejects(
    () => runInBatches(consumer, { process: () => {} }),
    Error,
    "Cannot start commitInBackground() as runInBatches() runs this consumer",
  );
});

Deno.test("commitInBackground() takes undefined for a default, and refuses wrong options", async () => {
  const { consumer } = await start({
    everyMs: undefined,
    onCommitError: undefined,
  });
  await consumer.stop();
  const other = new StandInConsumer().consumer;
  assertThrows(
    () => commitInBackground(other, { everyMs: 0 }),
    RangeError,
    "Cannot commit in the background as 'everyMs' must be",
  );
});
