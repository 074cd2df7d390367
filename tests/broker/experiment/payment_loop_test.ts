import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { freshName } from "lib/admin/topic.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { type Loop, paymentLoop } from "lib/experiment/payment_loop.ts";
import { until } from "../../_patience.ts";
import { withOwnTopic } from "../_own_topic.ts";

const kafka = kafkaClient();
const { chosen: _, ...kafkaConfig } = connectionFromEnvironment();

async function withPayments(
  schema: string,
  work: (
    place: { topic: string; groupId: string; file: string },
    ids: (table: string) => string[],
  ) => Promise<void>,
  more = "",
): Promise<void> {
  const file = await Deno.makeTempFile();
  await withOwnTopic(kafka, { partitions: 1 }, async (topic, producer) => {
    const messages = ["a", "b", "a"].map((key) => ({ key, value: "10" }));
    await producer.send({ topic, messages });
    using database = new DatabaseSync(file, { timeout: 5_000 });
    database.exec(`CREATE TABLE payments (${schema}); ${more}`);
    await work(
      { topic, groupId: freshName("billing"), file },
      (table) =>
        database.prepare(`SELECT id FROM ${table}`).all().map(({ id }) =>
          `${id}`
        ),
    );
  });
  await Deno.remove(file);
}

const writeAll: Loop<{ dieAfter?: number }> = async (
  { consumer, write, die },
  { dieAfter },
) => {
  let written = 0;
  await consumer.run({
    eachMessage: ({ message }) => {
      write(message);
      if (++written === dieAfter) die();
      return Promise.resolve();
    },
  });
};

Deno.test("paymentLoop() dies where the loop says so, and what it wrote stays", () =>
  withPayments("id TEXT, amount INTEGER", async (place, ids) => {
    const options = { dieAfter: 2 };
    await paymentLoop(writeAll, { kafkaConfig, ...place, options }).ended;
    assertEquals(ids("payments"), ["a", "b"]);
  }));

Deno.test("paymentLoop() notes each delivery, and a unique key lets a row in once", () =>
  withPayments("id TEXT PRIMARY KEY, amount INTEGER", async (place, ids) => {
    await using _child = paymentLoop(writeAll, {
      ...{ kafkaConfig, ...place, options: {} },
    });
    await until(() => ids("deliveries").length === 3);
    assertEquals(ids("payments"), ["a", "b"]);
  }));

Deno.test("paymentLoop() notes a delivery once its row is there: whoever waits for the one finds the other", () =>
  withPayments(
    "id TEXT, amount INTEGER",
    async (place, ids) => {
      await using child = paymentLoop(writeAll, {
        ...{ kafkaConfig, ...place, options: {} },
      });
      await Promise.race([
        until(() => ids("deliveries").length === 3),
        child.ended,
      ]);
      assertEquals(ids("payments"), ["a", "b", "a"]);
    },
    `CREATE TABLE deliveries (id TEXT);
     CREATE TRIGGER row_first BEFORE INSERT ON deliveries
     WHEN NEW.id NOT IN (SELECT id FROM payments)
     BEGIN SELECT RAISE(ABORT, 'its row is not there'); END;`,
  ));

Deno.test("paymentLoop() rejects with what was printed if the process ends by itself", () =>
  withPayments("id TEXT, amount INTEGER", async (place) => {
    const child = paymentLoop(() => Promise.reject(new Error("no loop")), {
      ...{ kafkaConfig, ...place, options: {} },
    });
    await assertRejects(() => child.ended, Error, "no loop");
  }));

Deno.test("paymentLoop() that never dies is ended by Stop, and its process with it", () =>
  withPayments("id TEXT, amount INTEGER", async (place, ids) => {
    const child = paymentLoop(writeAll, {
      ...{ kafkaConfig, ...place, options: {} },
    });
    await until(() => ids("payments").length === 3);
    const ended = child.ended;
    interrupt();
    await assertRejects(() => ended, InterruptedError);
  }));
