import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { configOptions } from "../../../tasks/config.ts";
import { within } from "lib/client/deadline.ts";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { linesOf } from "lib/brokers/lines_of.ts";
import { PATIENCE_MS, until } from "../../_patience.ts";
import {
  ChildConsumer,
  type ChildConsumerOptions,
} from "lib/experiment/child_consumer.ts";
import { GroupTimeline } from "lib/experiment/group_timeline.ts";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import { letters, withTopicAndGroup } from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });
const CONFIG = await configOptions({ quiet: true });
/** The killed one's session must be over before the next one gets its partitions. */
const consumerConfig = { sessionTimeout: 6_000, heartbeatInterval: 500 };

/** Longer than anything takes that does not wait for its end. */
const SESSION_MS = PATIENCE_MS;

const endOf = (child: ChildConsumer) =>
  within(child.ended, { deadlineMs: PATIENCE_MS, what: "the child's end" });

const valuesOf = ({ processed }: ChildConsumer) =>
  processed.map(({ value }) => value).join("");

/** What a consumer that is killed processes of a to e, and what the next one, also of f: "abc|cdef". */
async function story(
  options: Pick<
    ChildConsumerOptions,
    "commit" | "everyMs" | "order" | "killAt"
  >,
): Promise<string> {
  let told = "";
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("abcde"));
    const { topic, groupId } = own;
    const common = { topic, groupId, ...options, consumerConfig };
    await using first = new ChildConsumer(common);
    await first.connect();
    assertEquals((await endOf(first)).signal, "SIGKILL");
    await own.send(letters("f"));
    await using second = new ChildConsumer({ ...common, killAt: undefined });
    await second.connect();
    await until(() => valuesOf(second).endsWith("f"), { what: "the last one" });
    await second.disconnect();
    assertEquals(await endOf(second), { code: 0, signal: null });
    told = `${valuesOf(first)}|${valuesOf(second)}`;
  });
  return told;
}

Deno.test("ChildConsumer that is killed repeats exactly what it had not committed", async () => {
  const at = (record: number, when: "received" | "processed" | "committed") =>
    story({ commit: "each record", killAt: { record, when } });
  assertEquals(
    await Promise.all([
      at(3, "received"),
      at(3, "processed"),
      at(3, "committed"),
    ]),
    ["ab|cdef", "abc|cdef", "abc|def"],
  );
});

Deno.test("ChildConsumer that is killed within a batch repeats it from its beginning, unless it commits within it", async () => {
  const killAt = { record: 3, when: "processed" } as const;
  assertEquals(
    await Promise.all([
      story({ commit: "auto", killAt }),
      story({ commit: "each batch", killAt }),
      // Not even a slow machine commits within the batch then.
      story({ commit: "background", everyMs: 60_000, killAt }),
      story({ commit: "each batch", killAt: { ...killAt, when: "committed" } }),
    ]),
    ["abc|abcdef", "abc|abcdef", "abc|abcdef", "abcde|f"],
  );
});

Deno.test("ChildConsumer that commits first loses exactly what it had not processed", async () => {
  const order = "commit first";
  const killAt = { record: 3, when: "committed" } as const;
  assertEquals(
    await Promise.all([
      story({ commit: "each record", order, killAt }),
      story({ commit: "each batch", order, killAt }),
    ]),
    ["ab|def", "|f"],
  );
});

/** The values that a sink's file holds after a crash behind the third of five, and the rest. */
async function effectsAfterCrash(once?: "offset"): Promise<string> {
  const folder = await Deno.makeTempDir();
  const sink = { file: `${folder}/sink.db`, once };
  try {
    await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
      await own.send(letters("abcde"));
      const { topic, groupId } = own;
      const common = {
        ...{ topic, groupId, consumerConfig, sink },
        commit: "each batch" as const,
      };
      const killAt = { record: 3, when: "processed" } as const;
      await using first = new ChildConsumer({ ...common, killAt });
      await first.connect();
      assertEquals((await endOf(first)).signal, "SIGKILL");
      await using second = new ChildConsumer(common);
      await second.connect();
      await until(() => valuesOf(second) === "abcde", { what: "all again" });
    });
    using database = new DatabaseSync(sink.file);
    const rows = database.prepare("SELECT value FROM effects").all();
    return rows.map(({ value }) => value).join("");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("ChildConsumer writes into its sink what it processes, each record once if the sink knows it", async () => {
  assertEquals(
    await Promise.all([effectsAfterCrash(), effectsAfterCrash("offset")]),
    ["abcabcde", "abcde"],
  );
});

Deno.test("ChildConsumer leaves its group when it is disconnected, and keeps its partition until its session is over when it is killed", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    const { topic, groupId } = own;
    const timeline = new GroupTimeline();
    const start = async (member: string, sessionTimeout: number) => {
      const commit = "each record";
      const child = new ChildConsumer({
        ...{ topic, groupId, member, commit },
        consumerConfig: { ...consumerConfig, sessionTimeout },
      }, timeline);
      await child.connect();
      return child;
    };
    const owner = () =>
      timeline.data().ownerships.find(({ toMs }) => toMs === null)?.member;
    // Whose session goes on for long: the next one could not wait for its end.
    await using first = await start("A", SESSION_MS);
    assertEquals(owner(), "A");
    await first.disconnect();
    await using second = await start("B", 6_000);
    second.kill();
    await using _third = await start("C", 6_000);
    assertEquals(owner(), "C");

    const [a, b, c] = timeline.data().ownerships;
    assertEquals([a!.ended, b!.ended], ["left", "killed"]);
    assert(b!.fromMs - a!.toMs! < SESSION_MS, "the partition of one that left");
    assert(
      c!.fromMs - b!.toMs! > 4_000,
      "the partition of one that was killed",
    );
  });
});

Deno.test("ChildConsumer tells what the broker has confirmed", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("ab"));
    await using child = new ChildConsumer({
      ...own,
      commit: "asynchronous",
      consumerConfig,
    });
    await child.connect();
    await until(() => child.committed.length === 2, { what: "two commits" });
    assertEquals(child.committed.map(({ offset }) => offset), [1n, 2n]);
    assertEquals(
      await committedOffsets(kafka, own.groupId),
      [{ topic: own.topic, partition: 0, offset: 2n }],
    );
    await child.disconnect();
  });
});

function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

Deno.test("ChildConsumer does not outlive a parent that is killed", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    const program = `
      import { ChildConsumer } from "lib/experiment/child_consumer.ts";
      const options = ${
      JSON.stringify({ ...own, commit: "auto", consumerConfig })
    };
      const child = new ChildConsumer(options);
      await child.connect();
      console.log(child.pid);
      await child.ended;
    `;
    const parent = new Deno.Command(Deno.execPath(), {
      args: ["eval", ...CONFIG, "--no-lock", "-q", program],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const { value } = await linesOf(parent.stdout).next();
    const pid = Number(value);
    assert(pid > 0 && isAlive(pid));
    parent.kill("SIGKILL");
    await parent.status;
    await until(() => !isAlive(pid), { what: "the end of the child" });
  });
});

Deno.test("ChildConsumer.connect() that is interrupted leaves no process behind", async () => {
  const child = new ChildConsumer({
    ...{ topic: "any", groupId: "any", commit: "never" },
    brokers: ["127.0.0.1:1"],
  });
  const connecting = child.connect();
  interrupt("Stop was pressed");
  await assertRejects(() => connecting, InterruptedError);
  assertEquals((await endOf(child)).signal, "SIGKILL");
});

Deno.test("ChildConsumer.connect() tells what the child said if it ends before it has joined", async () => {
  const child = new ChildConsumer({
    ...{ topic: "any", groupId: "any", commit: "never" },
    consumerConfig: { sessionTimeout: 1_000, heartbeatInterval: 1_000 },
  });
  await assertRejects(
    () => child.connect(),
    Error,
    "heartbeatInterval (1000) must be lower",
  );
});

Deno.test("ChildConsumer with 'published' consumes, commits and leaves with KafkaJS as published", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(letters("a"));
    const child = (published: boolean) =>
      new ChildConsumer({
        ...{ topic: own.topic, groupId: own.groupId, published },
        commit: "auto",
        consumerConfig: { maxWaitTimeInMs: 200 },
      });
    await using first = child(true);
    await first.connect();
    await until(() => valuesOf(first) === "a", { what: "a record" });
    await first.disconnect();
    assertEquals(await endOf(first), { code: 0, signal: null });
    assertEquals(first.committed.map(({ offset }) => offset), [1n]);
  });
});
