import { assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import type { TopicMessages } from "kafkajs";
import type { ConsumedRecord } from "lib/consumer/consumed_record.ts";
import { collectPart, WorkError } from "lib/consumer/transaction_part.ts";

const records = (count: number) =>
  Array.from({ length: count }, (_, i): ConsumedRecord => ({
    ...{ topic: "in", partition: 0, offset: BigInt(i), timestamp: "7" },
    ...{ key: null, value: Buffer.from(`${i}`), headers: {} },
  }));
const copy = ({ value }: ConsumedRecord): TopicMessages[] => [
  { topic: "out", messages: [{ value }] },
];

Deno.test("collectPart() gives the output of each topic once, in order", async () => {
  const part = await collectPart(
    records(3),
    ({ value }) => [
      { topic: "a", messages: [{ value }] },
      { topic: "b", messages: [] },
      { topic: "c", messages: [{ value }] },
      { topic: "a", messages: [{ value: `${value}!` }] },
    ],
    1_000_000,
  );
  const texts = part.output.map(({ topic, messages }) =>
    `${topic}: ${messages.map(({ value }) => value)}`
  );
  assertEquals(texts, ["a: 0,0!,1,1!,2,2!", "c: 0,1,2"]);
  assertEquals(part.records.length, 3);
});

Deno.test("collectPart() works on no record behind the one that fills the part", async () => {
  const worked: bigint[] = [];
  const part = await collectPart(
    records(9),
    ({ offset }) => {
      worked.push(offset);
      return [{ topic: "out", messages: [{ value: Buffer.alloc(100) }] }];
    },
    250,
  );
  assertEquals([worked, part.records.length], [[0n, 1n, 2n], 3]);
});

Deno.test("collectPart() counts keys and headers, too", async () => {
  for (
    const message of [
      { key: "k".repeat(100), value: null },
      { value: "", headers: { a: "h".repeat(100) } },
      { value: "", headers: { a: ["h".repeat(50), Buffer.alloc(50)] } },
      { value: "", headers: { ["n".repeat(100)]: "" } },
    ]
  ) {
    const part = await collectPart(
      records(2),
      () => [{ topic: "out", messages: [message] }],
      100,
    );
    assertEquals(part.records.length, 1);
  }
});

Deno.test("collectPart() says at which record the work failed", async () => {
  const cause = new Error("no 2");
  const error = await assertRejects(
    () =>
      collectPart(records(5), (record) => {
        if (record.offset === 2n) throw cause;
        return copy(record);
      }, 1_000),
    WorkError,
  );
  assertEquals([error.index, error.cause], [2, cause]);
});

Deno.test("collectPart() refuses output of one record that no broker takes in a request", async () => {
  const large = Buffer.alloc(26 * 1024 * 1024);
  const error = await assertRejects(
    () =>
      collectPart(records(1), () => [
        {
          topic: "out",
          messages: Array.from({ length: 4 }, () => ({ value: large })),
        },
      ], 1_000),
    WorkError,
  );
  assertEquals(/has 1090\d+ bytes.*split it/.test(`${error.cause}`), true);
});
