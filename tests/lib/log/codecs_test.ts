import { Buffer } from "node:buffer";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CompressionCodecs, CompressionTypes } from "kafkajs";
import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import decodeByKafkaJs from "kafkajs/src/protocol/recordBatch/v0/decoder.js";
import { registerCodecs } from "lib/log/codecs.ts";
import { compress, decompress } from "lib/log/compression.ts";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";

const codecs = [
  ["snappy", CompressionTypes.Snappy],
  ["lz4", CompressionTypes.LZ4],
  ["zstd", CompressionTypes.ZSTD],
] as const;

for (const [name, type] of codecs) {
  Deno.test(`registerCodecs() gives KafkaJS ${name} in place of an error`, async () => {
    registerCodecs();
    const codec = CompressionCodecs[type]!();
    const text = Buffer.from("the same again, ".repeat(1_000));
    const compressed = await codec.compress(
      new Encoder().writeBuffer(text) as never,
    );
    assertEquals(Buffer.from(decompress(compressed, name)), text);
    const theirs = Buffer.from(compress(text, name));
    assertEquals(await codec.decompress(theirs), text);
  });

  Deno.test(`registerCodecs() lets KafkaJS's decoder read a batch of ${name}, and reject a damaged one`, async () => {
    registerCodecs();
    const batch = Buffer.from(
      encodeRecordBatch([{ value: "a" }, { value: "größe" }], {
        compression: name,
      }),
    );
    const { records } = await decodeByKafkaJs(new Decoder(batch));
    const values = records.map(({ value }: { value: Buffer }) => `${value}`);
    assertEquals(values, ["a", "größe"]);

    const damaged = Buffer.from(batch);
    damaged.fill(0xee, 61);
    await assertRejects(
      () => decodeByKafkaJs(new Decoder(damaged)),
      CorruptRecordError,
      `as ${name}`,
    );
  });
}

Deno.test("registerCodecs() makes a codec that Kafka does not define an error", async () => {
  registerCodecs();
  assertThrows(
    () => (CompressionCodecs as Record<number, () => unknown>)[5]!(),
    RangeError,
    "must be one of 0 (none), 1 (gzip), 2 (snappy), 3 (lz4), 4 (zstd): current value is 5",
  );
  const batch = Buffer.from(encodeRecordBatch([{ value: "a" }]));
  batch[22] = 6;
  await assertRejects(
    () => decodeByKafkaJs(new Decoder(batch)),
    RangeError,
    "current value is 6",
  );
});
