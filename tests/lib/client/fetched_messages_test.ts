import { Buffer } from "node:buffer";
import { assertEquals, assertThrows } from "@std/assert";
import Decoder from "kafkajs/src/protocol/decoder.js";
import decodeByKafkaJs from "kafkajs/src/protocol/recordBatch/v0/decoder.js";
import { fetchedMessages } from "lib/client/fetched_messages.ts";
import { registerCodecs } from "lib/log/codecs.ts";
import { COMPRESSIONS } from "lib/log/compression.ts";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import type { NewRecord } from "lib/log/record.ts";
import { decodeRecordBatches } from "lib/log/record_batch.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import type { EncodeOptions } from "lib/log/write_batch_header.ts";
import { random } from "lib/experiment/random.ts";

function messagesOf(records: NewRecord[], options: EncodeOptions = {}) {
  const [batch] = decodeRecordBatches(encodeRecordBatch(records, options));
  return fetchedMessages(batch!);
}

Deno.test("fetchedMessages() makes of 2,000 random batches what KafkaJS's own decoder makes of them", async () => {
  registerCodecs();
  const names = ["a", "", "größe", "\uFEFFb", "Content-Type"];
  for (let seed = 0; seed < 2_000; seed++) {
    const { below, chance, pick, bytes, int64 } = random(seed);
    const content = () => chance(0.2) ? null : bytes(below(30));
    let offset = BigInt(below(1_000));
    const records = Array.from({ length: 1 + below(8) }, () => ({
      key: content(),
      value: content(),
      offset: offset += BigInt(1 + below(3)),
      timestamp: pick([
        -1n,
        0n,
        1_700_000_000_000n + BigInt(below(9)),
        int64(),
      ]),
      headers: Array.from(
        { length: below(4) },
        () => ({ key: pick(names), value: content() }),
      ),
    }));
    const encoded = encodeRecordBatch(records, {
      compression: pick(COMPRESSIONS),
      producerId: chance(0.5) ? BigInt(below(100)) : undefined,
      isTransactional: chance(0.5),
      partitionLeaderEpoch: below(3) - 1,
      baseSequence: below(9) - 1,
      ...(chance(0.3) ? { logAppendTime: 1_700_000_000_000n } : {}),
      lastOffset: offset + BigInt(below(2)),
    });
    const theirs = await decodeByKafkaJs(new Decoder(Buffer.from(encoded)));
    const ours = fetchedMessages(decodeRecordBatches(encoded)[0]!);
    assertEquals([seed, ours], [seed, theirs.records]);
  }
});

Deno.test("fetchedMessages() keeps headers of any name, where KafkaJS puts functions beside two of them", () => {
  const headers = ["constructor", "toString", "__proto__", "__proto__"]
    .map((key, i) => ({ key, value: `${i}` }));
  const [message] = messagesOf([{ value: "a", headers }]);
  assertEquals(
    Object.entries(message!.headers!).map(([key, value]) => [key, `${value}`]),
    [["constructor", "0"], ["toString", "1"], ["__proto__", "2,3"]],
  );
});

Deno.test("fetchedMessages() keeps nulls among the values of a header that repeats", () => {
  const headers = [null, "b", null].map((value) => ({ key: "a", value }));
  const [message] = messagesOf([{ value: "a", headers }]);
  assertEquals(message!.headers as unknown, {
    a: [null, Buffer.from("b"), null],
  });
});

Deno.test("fetchedMessages() keeps offsets beyond the safe integers", () => {
  const baseOffset = 2n ** 62n;
  const encoded = encodeRecordBatch([{ value: "a" }, { value: "b" }], {
    baseOffset,
  });
  const [batch] = decodeRecordBatches(encoded);
  assertEquals(
    fetchedMessages(batch!).map(({ offset }) => offset),
    [String(baseOffset), String(baseOffset + 1n)],
  );
});

Deno.test("fetchedMessages() takes contents that somebody else has decompressed, and compares them with the header", () => {
  const records = [{ value: "a" }, { value: "b" }];
  const plain = encodeRecordBatch(records);
  const [batch] = decodeRecordBatches(
    encodeRecordBatch(records, { compression: "zstd" }),
  );
  const contents = plain.subarray(61);
  assertEquals(fetchedMessages(batch!, { contents }).length, 2);
  const [other] = decodeRecordBatches(batch!.bytes);
  assertThrows(
    () => fetchedMessages(other!, { contents: contents.subarray(0, 8) }),
    CorruptRecordError,
  );
});
