import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import { linesOf } from "lib/brokers/lines_of.ts";
import { ByteReader } from "lib/log/byte_reader.ts";
import { decodeRecordBatches } from "lib/log/record_batch.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { textOf } from "lib/log/text.ts";
import { random } from "lib/experiment/random.ts";

const MARKED = "\uFEFFid";
const BYTES = new TextEncoder().encode(MARKED);

Deno.test("textOf() reads any bytes as KafkaJS's buffers do", () => {
  const { below, bytes } = random(1);
  const special = ["\uFEFF", "\uFEFF\uFEFF", "größe", "\u{1F355}", "", "a\0b"]
    .map((text) => new TextEncoder().encode(text));
  const any = Array.from({ length: 5_000 }, () => bytes(below(12)));
  for (const content of [...special, ...any]) {
    assertEquals(textOf(content), String(Buffer.from(content)));
  }
});

Deno.test("a byte order mark is part of the text wherever lib makes text of bytes", async () => {
  assertEquals(textOf(BYTES), MARKED);
  const sized = Uint8Array.of(0, BYTES.length, ...BYTES);
  assertEquals(new ByteReader(sized, { what: "a text" }).string(), MARKED);
  const [batch] = decodeRecordBatches(
    encodeRecordBatch([{ value: "a", headers: [{ key: MARKED, value: "b" }] }]),
  );
  assertEquals(batch!.records()[0]!.headers[0]!.key, MARKED);
  const lines = linesOf(new Blob([BYTES, "\n", BYTES]).stream());
  assertEquals(await Array.fromAsync(lines), [MARKED, MARKED]);
});
