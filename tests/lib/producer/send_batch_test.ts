import { assertEquals, assertThrows } from "@std/assert";
import type { Message, Producer } from "kafkajs";
import type { BatchFailure, ReadyBatch } from "lib/producer/batch_sender.ts";
import { kafkaJsSender } from "lib/producer/kafkajs_sender.ts";
import { checkSendOptions, sendBatch } from "lib/producer/send_batch.ts";
import { kafkaError, kafkaStandIn } from "./_kafka_stand_in.ts";

const record = { key: null, headers: undefined, timestamp: 1, partition: 0 };
const batch: ReadyBatch = {
  topic: "orders",
  partition: 0,
  records: [{ ...record, value: "a" }],
  bytes: 80,
};

/** A producer that groups the messages in each try, as KafkaJS does, and then fails. */
function failing(tries: number, error: Error): Pick<Producer, "send"> {
  return {
    send({ messages }) {
      for (let n = 0; n < tries; n++) {
        const grouped = messages.reduce<Message[]>(
          (all, one) => [...all, one],
          [],
        );
        assertEquals(grouped, [...messages]);
      }
      return Promise.reject(error);
    },
  };
}

Deno.test("sendBatch() says of a refused batch that it is not written, unless KafkaJS had tried before", async () => {
  const table: [error: string, onceMaybe: boolean][] = [
    ["TOPIC_AUTHORIZATION_FAILED", false],
    ["MESSAGE_TOO_LARGE", false],
    ["NOT_ENOUGH_REPLICAS", false],
    ["UNKNOWN_TOPIC_OR_PARTITION", false],
    ["NOT_ENOUGH_REPLICAS_AFTER_APPEND", true],
    ["NOT_LEADER_FOR_PARTITION", true],
    ["timeout", true],
    ["UNKNOWN", true],
  ];
  for (const [type, onceMaybe] of table) {
    const error = kafkaError(type);
    const said = await Promise.all(
      [1, 2].map(async (tries) =>
        (await sendBatch(failing(tries, error), batch) as BatchFailure)
          .maybeWritten
      ),
    );
    assertEquals(said, [onceMaybe, true], type);
  }
});

Deno.test("sendBatch() finds the error inside those that KafkaJS puts around it", async () => {
  const error = Object.assign(
    new Error("retries exceeded", { cause: kafkaError("NOT_ENOUGH_REPLICAS") }),
    { name: "KafkaJSNumberOfRetriesExceeded" },
  );
  const outcome = await sendBatch(failing(1, error), batch) as BatchFailure;
  assertEquals(outcome.error.message, "NOT_ENOUGH_REPLICAS");
  assertEquals(outcome.maybeWritten, false);
});

Deno.test("kafkaJsSender() goes on with an idempotent producer that was refused at once, and not with one that may have written", async () => {
  const { kafka } = kafkaStandIn({ answer: () => undefined });
  for (const [tries, isLost] of [[1, false], [2, true]] as const) {
    const producer = {
      ...failing(tries, kafkaError("TOPIC_AUTHORIZATION_FAILED")),
      isIdempotent: () => true,
    };
    const sender = kafkaJsSender({ kafka, producer });
    await sender.send([batch]);
    const [next] = await sender.send([batch]) as [BatchFailure];
    const message = "gave up on an earlier batch";
    assertEquals(next.error.message.includes(message), isLost);
  }
});

Deno.test("kafkaJsSender() refuses options that cannot be meant", () => {
  const { kafka } = kafkaStandIn({ answer: () => undefined });
  const producer = failing(1, new Error());
  assertThrows(
    () => kafkaJsSender({ kafka, producer, acks: 2 as 1 }),
    RangeError,
    "Cannot send records as 'acks' must be -1, 0 or 1: current value is 2",
  );
  checkSendOptions({
    acks: undefined,
    timeout: undefined,
    compression: undefined,
  });
});
