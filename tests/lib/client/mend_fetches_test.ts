import { Buffer } from "node:buffer";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CompressionCodecs,
  CompressionTypes,
  type KafkaMessage,
} from "kafkajs";
import Encoder from "kafkajs/src/protocol/encoder.js";
import fetch from "kafkajs/src/protocol/requests/fetch/index.js";
import type { InnerConnection } from "lib/client/inner_cluster.ts";
import { mendFetches } from "lib/client/mend_fetches.ts";
import { registerCodecs } from "lib/log/codecs.ts";
import { compress, decompress } from "lib/log/compression.ts";
import { crc32c } from "lib/log/crc32c.ts";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import type { EncodeOptions } from "lib/log/write_batch_header.ts";

interface Fetched {
  responses: {
    topicName: string;
    partitions: { errorCode: number; messages: KafkaMessage[] }[];
  }[];
}

/** A mended connection that answers every request with the same bytes. */
async function mendedConnection(answer: Uint8Array): Promise<InnerConnection> {
  const connection = {
    send: ({ response }: { response: { decode(raw: Uint8Array): unknown } }) =>
      response.decode(answer),
  };
  const connectionPoolBuilder = {
    build: () => Promise.resolve({ host: "any", port: 1, pool: [connection] }),
  };
  mendFetches({ brokerPool: { connectionPoolBuilder } } as never);
  await connectionPoolBuilder.build();
  return connection as unknown as InnerConnection;
}

async function fetched(answer: Uint8Array, version = 11): Promise<Fetched> {
  const connection = await mendedConnection(answer);
  const { request, response } = fetch.protocol({ version })({ topics: [] });
  return await connection.send({ request, response }) as Fetched;
}

/** The response of a fetch of partition 3 of topic "orders". */
function responseOf(
  records: Uint8Array,
  { version = 11, errorCode = 0, aborts = [] as [bigint, bigint][] } = {},
): Buffer {
  const partition = new Encoder().writeInt32(3).writeInt16(errorCode)
    .writeInt64(900).writeInt64(800);
  if (version >= 5) partition.writeInt64(700);
  partition.writeArray(
    aborts.map(([id, first]) => new Encoder().writeInt64(id).writeInt64(first)),
  );
  if (version >= 11) partition.writeInt32(-1);
  partition.writeBytes(Buffer.from(records));
  const topic = new Encoder().writeString("orders").writeArray([partition]);
  const response = new Encoder().writeInt32(17);
  if (version >= 7) response.writeInt16(0).writeInt32(5);
  return response.writeArray([topic]).buffer;
}

/** Batches of one record each, from an offset on. */
function batches(values: string[], options: EncodeOptions = {}, first = 0) {
  return values.map((value, i) =>
    encodeRecordBatch([{ value, timestamp: 1 }], {
      ...options,
      baseOffset: BigInt(first + i),
    })
  );
}

function joined(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

async function valuesOf(records: Uint8Array, ...more: unknown[]) {
  const { responses } = await fetched(
    responseOf(records, ...more as [object]),
  );
  return shown(responses[0]!.partitions[0]!.messages);
}

/** A message that only stands for an offset has no value. */
function shown(messages: KafkaMessage[]): string[] {
  return messages.map(({ offset, value, ...more }) =>
    `${offset} ${
      "isControlRecord" in more && more.isControlRecord ? "-" : value
    }`
  );
}

for (const version of [4, 5, 6, 7, 8, 9, 10, 11]) {
  Deno.test(`mendFetches() decodes version ${version} of the response as KafkaJS does`, async () => {
    const records = joined(batches(["a", "b"]));
    for (const errorCode of [0, 1]) {
      const answer = responseOf(errorCode ? new Uint8Array() : records, {
        version,
        errorCode,
      });
      const { response } = fetch.protocol({ version })({ topics: [] });
      const theirs = await response.decode(answer);
      const ours = await fetched(answer, version) as unknown as typeof theirs;
      const [partition] = ours.responses[0]!.partitions;
      // What an older version does not say is said here as -1 or 0.
      if (version < 11) {
        assertEquals(partition.preferredReadReplica, -1);
        delete partition.preferredReadReplica;
      }
      if (version < 5) {
        assertEquals(partition.lastStartOffset, "-1");
        delete partition.lastStartOffset;
      }
      if (version < 7) {
        assertEquals([ours.errorCode, ours.sessionId], [0, 0]);
        delete ours.errorCode;
        delete ours.sessionId;
      }
      assertEquals(ours, theirs);
    }
  });
}

Deno.test("mendFetches() leaves other requests and other versions alone", async () => {
  const connection = await mendedConnection(Uint8Array.of(1, 2, 3));
  for (const [apiKey, apiVersion] of [[3, 6], [1, 3], [1, 12]] as const) {
    const response = {
      decode: (raw: Uint8Array) => Promise.resolve(raw.length),
      parse: (size: number) => Promise.resolve(size),
    };
    const request = { apiKey, apiVersion, apiName: "Any" };
    assertEquals(await connection.send({ request, response }), 3);
  }
});

Deno.test("mendFetches() makes the position move past batches without records", async () => {
  const empty = encodeRecordBatch([], { baseOffset: 5n, lastOffset: 8n });
  assertEquals(await valuesOf(empty), ["5 -", "8 -"]);
  assertEquals(await valuesOf(new Uint8Array()), []);
  const one = encodeRecordBatch([], { baseOffset: 5n, lastOffset: 5n });
  assertEquals(await valuesOf(one), ["5 -"]);
  // What is left of a batch after compaction, and a batch with nothing left behind it.
  const some = encodeRecordBatch([{ offset: 2n, value: "b", timestamp: 1 }], {
    baseOffset: 1n,
    lastOffset: 4n,
  });
  assertEquals(await valuesOf(joined([some, empty])), ["1 -", "2 b", "8 -"]);
});

Deno.test("mendFetches() follows Java's rule where KafkaJS does not", async () => {
  const transactional = (producerId: bigint) => ({
    ...{ producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true },
  });
  const marker = (producerId: bigint, type: number, offset: bigint) =>
    encodeRecordBatch([{
      key: Uint8Array.of(0, 0, 0, type),
      value: Uint8Array.of(0, 0, 0, 0, 0, 0),
      timestamp: 1,
    }], {
      ...transactional(producerId),
      isControl: true,
      baseOffset: offset,
    });
  const [a, b] = [1n, 2n];
  const records = joined([
    ...batches(["a lost"], transactional(a), 0),
    ...batches(["b lost"], transactional(b), 1),
    marker(b, 0, 2n),
    marker(a, 0, 3n),
    ...batches(["a kept"], transactional(a), 4),
    marker(a, 1, 5n),
  ]);
  // The broker lists them in the order in which they ended.
  const aborts = [[b, 1n], [a, 0n]];
  assertEquals(await valuesOf(records, { aborts }), [
    "0 -",
    "4 a kept",
    "5 -",
  ]);

  const looksLikeMarker = encodeRecordBatch(
    [{ key: Uint8Array.of(0, 0, 0, 0), value: "lost", timestamp: 1 }],
    { ...transactional(a), baseOffset: 0n },
  );
  const odd = joined([
    looksLikeMarker,
    ...batches(["lost, too"], transactional(a), 1),
    marker(a, 0, 2n),
  ]);
  assertEquals(await valuesOf(odd, { aborts: [[a, 0n]] }), ["0 -", "2 -"]);
});

Deno.test("mendFetches() gives what is whole before a damaged batch, whose error names topic, partition and place", async () => {
  for (const compression of ["none", "gzip", "zstd"] as const) {
    const [first, second, third] = batches(["a", "b", "c"], { compression });
    const damaged = second!.slice();
    damaged[damaged.length - 1]! ^= 1;
    const records = joined([first!, damaged, third!]);
    assertEquals(await valuesOf(records), ["0 a"]);
    const error = await assertRejects(
      () => valuesOf(records.subarray(first!.length)),
      CorruptRecordError,
      "Cannot read partition 3 of topic 'orders': Cannot read the record batch at byte 0: at byte 17 expected the CRC-32C",
    );
    // KafkaJS asks that of an error before it tries again.
    assertEquals(error.retriable, false);
  }
});

Deno.test("mendFetches() gives what is whole before a batch whose codec fails, though its checksum is right", async () => {
  // The same as with the checksum made anew: a batch of zstd whose bytes are none.
  const [first] = batches(["a"]);
  const good = encodeRecordBatch([{ value: "b", timestamp: 1 }], {
    compression: "zstd",
    baseOffset: 1n,
  });
  const bad = withChecksum(good.slice().fill(7, 61));
  assertEquals(await valuesOf(joined([first!, bad])), ["0 a"]);
  await assertRejects(
    () => valuesOf(bad),
    CorruptRecordError,
    "topic 'orders': Cannot decompress the",
  );
});

Deno.test("mendFetches() leaves the last batch to the next fetch if it is cut off, but never the first", async () => {
  const [first, second] = batches(["a", "b"]);
  for (const size of [1, 11, 12, 60, 61, second!.length - 1]) {
    const records = joined([first!, second!.subarray(0, size)]);
    assertEquals(await valuesOf(records), ["0 a"]);
    await assertRejects(
      () => valuesOf(second!.subarray(0, size)),
      CorruptRecordError,
      "expected it whole",
    );
  }
});

Deno.test("mendFetches() reads 200,000 records of one batch, and as many of two", async () => {
  const records = Array.from(
    { length: 200_000 },
    () => ({ value: "x", timestamp: 1 }),
  );
  const [first, second] = [0n, 200_000n].map((baseOffset) =>
    encodeRecordBatch(records, { baseOffset })
  );
  const both = new Uint8Array(first!.length + second!.length);
  both.set(first!);
  both.set(second!, first!.length);
  const { responses } = await fetched(responseOf(both));
  assertEquals(responses[0]!.partitions[0]!.messages.length, 400_000);
});

Deno.test("mendFetches() reads content of several frames", async () => {
  const records = ["a", "b", "c"].map((value) => ({ value, timestamp: 1 }));
  const plain = encodeRecordBatch(records);
  for (const compression of ["gzip", "lz4", "zstd", "snappy"] as const) {
    const header = encodeRecordBatch(records, { compression }).subarray(0, 61);
    const frames = [plain.subarray(61, 70), plain.subarray(70)]
      .map((part) => compress(part, compression));
    const batch = joined([header, ...frames]);
    new DataView(batch.buffer).setInt32(8, batch.length - 12);
    assertEquals(await valuesOf(withChecksum(batch)), ["0 a", "1 b", "2 c"]);
  }
});

Deno.test("mendFetches() uses a codec that the user has registered, which kafkaClient() leaves in its place", async () => {
  const table: Record<number, () => unknown> = CompressionCodecs;
  for (const type of [CompressionTypes.ZSTD, CompressionTypes.GZIP]) {
    const before = table[type]!;
    const compression = type === CompressionTypes.GZIP ? "gzip" : "zstd";
    let uses = 0;
    table[type] = () => ({
      decompress: (bytes: Uint8Array) => {
        uses++;
        return Promise.resolve(Buffer.from(decompress(bytes, compression)));
      },
    });
    try {
      registerCodecs();
      const [batch] = batches(["a"], { compression });
      assertEquals(await valuesOf(batch!), ["0 a"]);
      assertEquals(uses, 1);
    } finally {
      table[type] = before;
    }
  }
});

for (const magic of [0, 1]) {
  Deno.test(`mendFetches() decodes message sets of version ${magic} as KafkaJS does`, async () => {
    registerCodecs();
    const message = (offset: number, value: Buffer, attributes = 0) => {
      const body = new Encoder().writeInt32(0).writeInt8(magic)
        .writeInt8(attributes);
      if (magic === 1) body.writeInt64(1_700_000_000_000);
      body.writeBytes(Buffer.from("k")).writeBytes(value);
      return new Encoder().writeInt64(offset).writeInt32(body.size())
        .writeEncoder(body).buffer;
    };
    const inner = Buffer.concat(
      [0, 1].map((i) => message(magic === 1 ? i : 7 + i, Buffer.from(`c${i}`))),
    );
    const records = Buffer.concat([
      message(5, Buffer.from("a")),
      message(6, Buffer.from("b")),
      message(8, Buffer.from(compress(inner, "gzip")), 1),
    ]);
    const answer = responseOf(records);
    const { response } = fetch.protocol({ version: 11 })({ topics: [] });
    const theirs = await response.decode(answer) as Fetched;
    const ours = await fetched(answer);
    assertEquals(ours, theirs);
    const { messages } = ours.responses[0]!.partitions[0]!;
    assertEquals(shown(messages), ["5 a", "6 b", "7 c0", "8 c1"]);
    // Where a set of the old kind follows batches of the new one, the next fetch begins with it.
    const mixed = joined([...batches(["new"]), records]);
    assertEquals(await valuesOf(mixed), ["0 new"]);
    assert(messages.every((message) => !("batchContext" in message)));
  });
}

/** Makes a batch's checksum fit its bytes. */
function withChecksum(batch: Uint8Array): Uint8Array {
  new DataView(batch.buffer, batch.byteOffset).setUint32(17, crc32c(batch, 21));
  return batch;
}
