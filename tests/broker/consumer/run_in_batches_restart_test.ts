import { assert, assertEquals } from "@std/assert";
import { Kafka, logLevel } from "kafkajs";
import { committedOffsets } from "lib/admin/group_offsets.ts";
import { createTopic } from "lib/admin/topic.ts";
import { pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { runInBatches } from "lib/consumer/run_in_batches.ts";
import { withOwnBrokers } from "../_own_brokers.ts";

const COUNT = 60;

Deno.test("runInBatches() loses nothing, and goes on, when its coordinator is killed and started again in the middle", () =>
  withOwnBrokers(async ({ engine, port }) => {
    await engine.up();
    const brokers = [`localhost:${port(9092)}`];
    const kafka = kafkaClient({ brokers, logLevel: logLevel.NOTHING });
    await createTopic(kafka, "orders", { partitions: 2 });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({
      topic: "orders",
      messages: Array.from({ length: COUNT }, (_, n) => ({
        ...{ partition: n % 2, value: `${n}` },
      })),
    });
    await producer.disconnect();

    const plain = new Kafka({ brokers, logLevel: logLevel.NOTHING });
    for (const [groupId, client] of Object.entries({ mended: kafka, plain })) {
      const consumer = client.consumer({ groupId, maxWaitTimeInMs: 300 });
      await consumer.connect();
      await consumer.subscribe({ topic: "orders", fromBeginning: true });
      const batches: string[][] = [];
      let starting: Promise<unknown> | undefined;
      const run = await runInBatches(consumer, {
        ...{ size: 7, timeoutMs: 500, onCommitError: () => {} },
        async process(records) {
          batches.push(records.map(({ message }) => `${message.value}`));
          if (batches.length !== 2) return;
          // The batch is processed, and then its commit meets no coordinator.
          await engine.kill("kafka");
          starting = pause(1_000).then(() => engine.up());
        },
      });
      const whatIsCommitted = async () => {
        const committed = await committedOffsets(kafka, groupId);
        return committed.map(({ offset }) => offset).join();
      };
      await run.until(async () => await whatIsCommitted() === "30,30", {
        what: "the last commit",
        deadlineMs: 120_000,
      });
      await starting;
      await consumer.disconnect();
      await run.done;
      const all = batches.flat();
      assertEquals(new Set(all).size, COUNT, groupId);
      // At least once: the batches in work, and no more than those, may have come again.
      assert(all.length - COUNT <= 2 * 7, `${groupId}: ${all.length - COUNT}`);
    }
  }));
