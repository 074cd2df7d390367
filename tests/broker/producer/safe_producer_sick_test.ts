import { assertEquals, assertRejects } from "@std/assert";
import { describeTopic } from "lib/admin/describe.ts";
import { createTopic, freshName } from "lib/admin/topic.ts";
import { within } from "lib/client/deadline.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../../_patience.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { socketFaults } from "lib/faults/socket_faults.ts";
import type { UndeliveredError } from "lib/producer/record_result.ts";
import { SafeProducer } from "lib/producer/safe_producer.ts";
import { withOwnBrokers } from "../_own_brokers.ts";

Deno.test("SafeProducer keeps a healthy partition apart from 50 below min ISR, from those without a leader, and from a leader that is frozen", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up({ cluster: true });
    const wire = socketFaults();
    const kafka = kafkaClient({
      brokers: engine.addresses({ cluster: true }),
      socketFactory: wire.socketFactory,
      logCreator: () => () => {},
    });
    const [sick, orphans, healthy] = ["sick", "orphans", "healthy"]
      .map((name) => freshName(name)) as [string, string, string];
    await createTopic(kafka, sick, {
      replicas: Array(50).fill([1, 2]),
      config: { "min.insync.replicas": 2 },
    });
    await createTopic(kafka, orphans, { replicas: Array(6).fill([2]) });
    await createTopic(kafka, healthy, { replicas: [[1], [3]] });

    const options = { lingerMs: 0, deliveryTimeoutMs: 100_000 };
    const producers = [new SafeProducer(kafka, options)];
    let sent = 0;
    const add = (topic: string, partition: number, value: string) =>
      producers.at(-1)!.add({ topic, partition, value });
    /** The other partitions' records are acknowledged as ever. */
    const untilHealthy = async (what: string) => {
      for (let n = 0; n < 50; n++) {
        for (const partition of [0, 1]) {
          await within(add(healthy, partition, `${sent}`), {
            deadlineMs: 10_000,
            what: `healthy record ${n}, ${what}`,
          });
        }
        sent++;
      }
    };
    await add(orphans, 0, "first");
    await add(sick, 0, "first");
    await untilHealthy("before");

    await engine.kill("kafka-2");
    const partitionsOf = async (topic: string) =>
      (await describeTopic(kafka, topic)).partitions;
    await until(
      async () =>
        (await partitionsOf(sick)).every(({ isr }) => isr.length === 1) &&
        (await partitionsOf(orphans)).every(({ leader }) => leader === null),
      {
        what: "the end of broker 2",
        deadlineMs: 30_000,
      },
    );
    const waiting = [
      ...Array.from({ length: 50 }, (_, i) => add(sick, i, `${i}`)),
      ...Array.from({ length: 6 }, (_, i) => add(orphans, i, `${i}`)),
    ];
    await until(() => (wire.requestCounts().Produce ?? 0) > 250, {
      what: "tries in vain",
      deadlineMs: 60_000,
    });
    await untilHealthy("with 56 that cannot be written");
    wire.cutConnection({ apiKey: "Produce" });
    await untilHealthy("after a cut connection");
    assertEquals(producers[0]!.pendingRecords, 56);

    // Another producer needs metadata and a producer id first.
    producers.push(new SafeProducer(kafka, options));
    await untilHealthy("with a new producer");
    producers.push(
      new SafeProducer(kafka, { ...options, deliveryTimeoutMs: 1_500 }),
    );
    /** Why a record timed out while no request with it was under way: with one, it may be written. */
    const timedOut = (topic: string, partition: number) =>
      until(async () => {
        const error = await assertRejects(() => add(topic, partition, "lost"));
        const { reason, maybeWritten, message } = error as UndeliveredError;
        assertEquals(reason, "timed out");
        return !maybeWritten && message;
      }, { what: "a timeout between two tries", deadlineMs: 60_000 });
    assertEquals(
      await timedOut(sick, 7),
      `Cannot send a record to ${sick}-7 as it was refused for 1500 ms and is not written. The last answer was: Messages are rejected since there are fewer in-sync replicas than required`,
    );
    assertEquals(
      await timedOut(orphans, 5),
      `Cannot send a record to ${orphans}-5 as nothing was sent within 1500 ms. The last answer was: There is no leader for this topic-partition as we are in the middle of a leadership election`,
    );

    await engine.start("kafka-2");
    await within(Promise.all(waiting), {
      deadlineMs: 60_000,
      what: "the partitions that were sick",
    });

    producers.push(new SafeProducer(kafka, options));
    await add(orphans, 0, "warm");
    await untilHealthy("before the freeze");
    await engine.freeze("kafka-2");
    const frozen = Array.from(
      { length: 6 },
      (_, i) => add(orphans, i, "frozen"),
    );
    await untilHealthy("with one leader frozen");
    wire.cutConnection({ apiKey: "Produce" });
    await untilHealthy("after a cut connection, with one leader frozen");
    assertEquals(producers.at(-1)!.pendingRecords, 6);
    await engine.thaw("kafka-2");
    await within(Promise.all(frozen), {
      deadlineMs: 60_000,
      what: "the partitions of the frozen leader",
    });

    for (const producer of producers) await producer.close();
    for (const [i, { replacements }] of producers.entries()) {
      // Of the third, records timed out on purpose.
      if (i !== 2) assertEquals(replacements, 0, `of producer ${i}`);
    }
    const found = await readTopic(kafka, healthy);
    for (const partition of [0, 1]) {
      const values = found.filter((one) => one.partition === partition)
        .map(({ value }) => Number(value));
      assertEquals(values, Array.from({ length: sent }, (_, n) => n));
    }
    const cured = (await readTopic(kafka, sick))
      .filter(({ value }) => value !== "lost");
    assertEquals(
      cured.map(({ partition, value }) => `${partition} ${value}`).toSorted(),
      ["0 first", ...Array.from({ length: 50 }, (_, i) => `${i} ${i}`)]
        .toSorted(),
    );
    assertEquals((await readTopic(kafka, orphans)).length, 14);
  }));
