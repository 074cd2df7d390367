import { assertEquals, assertRejects } from "@std/assert";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { within } from "lib/client/deadline.ts";
import { ChildLoop, type Loop } from "lib/experiment/child_loop.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { freshName } from "lib/admin/topic.ts";
import { PATIENCE_MS, until } from "../../_patience.ts";
import { withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

/** Writes what its work makes of "a", in a transaction. */
const writeA: Loop = async ({ kafka, transactionalId, to, reached, work }) => {
  const message = { value: "a" } as never;
  const producer = kafka.producer({ transactionalId, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: to, messages: [{ value: work(message) }] });
  reached("sent", message);
  await transaction.commit();
  reached("committed", message);
};

const endOf = (child: ChildLoop) =>
  within(child.ended, { deadlineMs: PATIENCE_MS, what: "the child's end" });

Deno.test("ChildLoop dies inside of commit() at the point 'decided', and the commit counts", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    const child = new ChildLoop({
      loop: writeA,
      work: ({ value }, mail) => {
        mail(`about ${value}`);
        return `${value}!`;
      },
      ...{ from: own.topic, to: own.topic, groupId: own.groupId },
      transactionalId: freshName("child"),
      dies: { point: "decided", value: "a" },
    });
    await child.connect();
    assertEquals((await endOf(child)).signal, "SIGKILL");
    assertEquals(child.steps, [{ point: "sent", value: "a" }]);
    assertEquals(child.mails, ["about a"]);
    const values = async () =>
      (await readTopic(kafka, own.topic)).map(({ value }) => value).join();
    await until(async () => await values() === "a!", { what: "the record" });
  });
});

Deno.test("ChildLoop.connect() says why a loop ended that has come to no point", async () => {
  const child = new ChildLoop({
    loop: () => Promise.reject(new Error("no shoes on")),
    ...{ from: "none", to: "none", groupId: "none" },
  });
  await assertRejects(() => child.connect(), Error, "no shoes on");
});

Deno.test("ChildLoop.ended is a wait that Stop ends; the process goes on until disconnect()", async () => {
  await using child = new ChildLoopOfAnHour();
  await child.loop.connect();
  const ended = child.loop.ended;
  interrupt();
  await assertRejects(() => ended, InterruptedError);
});

/** Comes to its first point, and then does nothing. */
class ChildLoopOfAnHour implements AsyncDisposable {
  readonly loop = new ChildLoop({
    ...{ from: "nothing", to: "nothing", groupId: "nobody" },
    loop: async ({ reached }) => {
      reached("begun", { value: "a" } as never);
      await new Promise((resolve) => setTimeout(resolve, 3_600_000));
    },
  });

  async [Symbol.asyncDispose](): Promise<void> {
    await this.loop.disconnect();
  }
}
