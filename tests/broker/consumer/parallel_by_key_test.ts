import { assert, assertEquals } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../../_patience.ts";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import {
  parallelByKey,
  type ParallelByKeyOptions,
} from "lib/consumer/parallel_by_key.ts";
import {
  type TopicWithGroup,
  withTopicAndGroup,
} from "../_topic_with_group.ts";

const kafka = kafkaClient({ logLevel: 0 });

async function start(
  { topic, groupId }: TopicWithGroup,
  options: ParallelByKeyOptions,
) {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 6_000,
    heartbeatInterval: 500,
    retry: { retries: 0, restartOnFailure: () => Promise.resolve(false) },
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: parallelByKey(options),
  });
  return consumer;
}

async function committed({ groupId }: TopicWithGroup) {
  return (await committedOffsets(kafka, groupId)).map(({ offset }) => offset);
}

/** a1 b1 c1 a2 b2 c2 … */
const records = Array.from({ length: 30 }, (_, i) => {
  const key = "abc"[i % 3]!;
  return { key, value: `${key}${Math.floor(i / 3)}` };
});

Deno.test("parallelByKey() holds only the key of a slow record up, and its commit in front of it", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(records);
    const done: string[] = [];
    const slow = Promise.withResolvers<void>();
    const consumer = await start(own, {
      everyMs: 50,
      async process({ value }) {
        if (`${value}` === "b1") await slow.promise;
        done.push(`${value}`);
      },
    });
    // All but b1 to b9; b1 has offset 4.
    await until(() => done.length === 21, { what: "the other keys' records" });
    await until(async () => (await committed(own))[0] === 4n, {
      what: "the commit in front of b1",
    });
    slow.resolve();
    await until(async () => (await committed(own))[0] === 30n, {
      what: "the last commit",
    });
    await consumer.disconnect();
    for (const key of "abc") {
      const ofKey = done.filter((value) => value.startsWith(key));
      assertEquals(ofKey, Array.from({ length: 10 }, (_, i) => `${key}${i}`));
    }
  });
});

Deno.test("parallelByKey() that fails at a record repeats it, and loses none", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(records);
    const first: string[] = [];
    const failing = await start(own, {
      process({ value }) {
        if (`${value}` === "b1") return Promise.reject(new Error("b1 fails"));
        return Promise.resolve(void first.push(`${value}`));
      },
    });
    await until(async () => (await committed(own))[0] === 4n, {
      what: "the commit in front of b1",
    });
    await failing.disconnect();
    const second: string[] = [];
    const working = await start(own, {
      process: ({ value }) => Promise.resolve(void second.push(`${value}`)),
    });
    await until(() => second.includes("c9"), { what: "the last record" });
    await working.disconnect();
    assertEquals(new Set([...first, ...second]).size, 30);
    assertEquals(second[0], "b1");
  });
});

Deno.test("parallelByKey() stays in its group while a record takes longer than the session", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send([{ key: "a", value: "slow" }]);
    const received: string[] = [];
    const consumer = await start(own, {
      async process({ value }) {
        received.push(`${value}`);
        await new Promise((resolve) => setTimeout(resolve, 7_500));
      },
    });
    let joins = 0;
    consumer.on(consumer.events.GROUP_JOIN, () => void joins++);
    await until(async () => (await committed(own))[0] === 1n, {
      what: "the commit",
    });
    await consumer.disconnect();
    assertEquals([received, joins], [["slow"], 0]);
  });
});

Deno.test("parallelByKey() ends soon when it is stopped within a batch", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    await own.send(records);
    let done = 0;
    const consumer = await start(own, {
      concurrency: 1,
      limit: 2,
      async process() {
        await new Promise((resolve) => setTimeout(resolve, 50));
        done++;
      },
    });
    await until(() => done >= 2, { what: "two records" });
    await consumer.disconnect();
    assert(done < records.length, "it took the whole batch to its end");
    assertEquals(await committed(own), [BigInt(done)]);
  });
});
