import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConsumerCrashError } from "lib/client/end_waits_on_crash.ts";
import { until } from "../../_patience.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { openNotebook } from "lib/notebook/notebook.ts";

Deno.test("a notebook's wait ends with the reason for which its consumer has crashed, and the next one works", async () => {
  const notebook = await openNotebook("79");
  try {
    const topic = await notebook.topic("orders", { partitions: 1 });
    const producer = await notebook.use(notebook.kafka.producer());
    await producer.send({ topic, messages: [{ value: "a" }, { value: "b" }] });
    const consumer = await notebook.use(
      notebook.kafka.consumer({ groupId: notebook.group("billing") }),
    );
    await consumer.subscribe({ topic, fromBeginning: true });
    const received: string[] = [];
    await consumer.run({
      eachMessage: async ({ message }) => {
        received.push(`${message.value}`);
        // KafkaJS does not try again after an error of the language.
        if (`${message.value}` === "b") throw new TypeError("b has no price");
      },
    });
    const error = await assertRejects(
      () =>
        until(() => received.length === 3, {
          what: "three records",
          deadlineMs: 60_000,
        }),
      ConsumerCrashError,
      "Waited for three records, in vain: the consumer of group",
    );
    assert(error.message.endsWith("has crashed: b has no price"));
    assertEquals(received, ["a", "b"]);
    const all = await until(async () => {
      const records = await readTopic(notebook.kafka, topic);
      return records.length === 2 && records;
    });
    assertEquals(all.length, 2);
  } finally {
    await notebook.close();
  }
});
