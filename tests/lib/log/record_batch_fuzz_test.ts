import { assert, assertEquals } from "@std/assert";
import { COMPRESSIONS } from "lib/log/compression.ts";
import {
  CorruptRecordError,
  TruncatedBatchError,
} from "lib/log/corrupt_record_error.ts";
import type { LogRecord } from "lib/log/record.ts";
import {
  type DecodeOptions,
  decodeRecordBatches,
} from "lib/log/record_batch.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { random } from "lib/experiment/random.ts";

// The same in every run: a failure names the seed of its batch.
const BATCHES = 400;

Deno.test(`decodeRecordBatches() gives back ${BATCHES} random batches`, () => {
  for (let seed = 0; seed < BATCHES; seed++) {
    const { records, options, encoded } = randomBatch(seed);
    const [batch] = decodeRecordBatches(encoded);
    assertEquals(batch!.records(), records, `seed ${seed}`);
    const { producerId, producerEpoch, baseSequence } = batch!.header;
    assertEquals(
      { producerId, producerEpoch, baseSequence },
      {
        producerId: options.producerId,
        producerEpoch: options.producerEpoch,
        baseSequence: options.baseSequence,
      },
    );
    assertEquals(encodeRecordBatch(batch!.records(), options), encoded);
  }
});

for (const compression of COMPRESSIONS) {
  const encoded = encodeRecordBatch(
    [
      { offset: 7n, key: "k", value: "value", timestamp: 1_700_000_000_000 },
      {
        value: null,
        timestamp: 1_700_000_000_009,
        headers: [{ key: "h", value: "x" }, { key: "n", value: null }],
      },
    ],
    { compression, partitionLeaderEpoch: 4 },
  );
  const expected = described(encoded);

  Deno.test(`decodeRecordBatches() finds each flipped bit of a batch with compression ${compression}`, () => {
    for (let bit = 0; bit < encoded.length * 8; bit++) {
      const flipped = Uint8Array.from(encoded);
      flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
      const field = bit < 64
        ? "offset"
        : bit < 96
        ? "length"
        : bit < 128
        ? "epoch"
        : "guarded";
      const outcome = attempt(flipped);
      // The CRC guards what is behind it. The broker sets the offset and the leader's epoch later.
      if (field === "offset") {
        const delta = BigInt.asIntN(64, 1n << BigInt(63 - bit));
        const baseOffset = BigInt.asIntN(64, 7n ^ delta);
        assertEquals(outcome, {
          ...expected,
          baseOffset,
          records: shifted(expected.records, baseOffset),
        });
      } else if (field === "epoch") {
        const epoch = 4 ^ (1 << (127 - bit));
        assertEquals(outcome, { ...expected, partitionLeaderEpoch: epoch });
      } else {
        assert(outcome instanceof CorruptRecordError, `bit ${bit}`);
        assert(outcome.position >= 0 && outcome.position < encoded.length);
      }
    }
  });

  Deno.test(`decodeRecordBatches() without checksums ends at each flipped bit, compression ${compression}`, () => {
    for (let bit = 0; bit < encoded.length * 8; bit++) {
      const flipped = Uint8Array.from(encoded);
      flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
      attempt(flipped, { checkCrc: false });
    }
  });

  Deno.test(`decodeRecordBatches() finds a batch cut off anywhere, compression ${compression}`, () => {
    for (let size = 1; size < encoded.length; size++) {
      const cut = encoded.subarray(0, size);
      assert(attempt(cut) instanceof TruncatedBatchError, `${size} bytes`);
      assertEquals(decodeRecordBatches(cut, { truncated: "ignore" }), []);
    }
  });
}

Deno.test("decodeRecordBatches() of random bytes ends, with an error that has a place", () => {
  for (let seed = 0; seed < 3_000; seed++) {
    const { below, bytes, chance } = random(seed);
    const junk = bytes(1 + below(300));
    if (chance(0.8) && junk.length > 70) {
      // So much like a batch that its records are looked at.
      const view = new DataView(junk.buffer);
      view.setInt32(8, junk.length - 12);
      junk[16] = 2;
      view.setInt16(21, below(5));
      view.setInt32(23, below(1_000));
      view.setInt32(57, below(20));
    }
    const outcome = attempt(junk, { checkCrc: false });
    if (outcome instanceof CorruptRecordError) assert(outcome.position >= 0);
  }
});

/** What a batch says and holds, or the error; any other error goes through. */
function attempt(encoded: Uint8Array, options?: DecodeOptions) {
  try {
    return described(encoded, options);
  } catch (error) {
    if (error instanceof CorruptRecordError) return error;
    throw error;
  }
}

function described(encoded: Uint8Array, options?: DecodeOptions) {
  const [batch] = decodeRecordBatches(encoded, options);
  const { lastOffset: _, ...header } = batch!.header;
  return { ...header, records: batch!.records() };
}

function shifted(records: LogRecord[], baseOffset: bigint): LogRecord[] {
  return records.map((record, i) => ({
    ...record,
    offset: baseOffset + BigInt(i),
  }));
}

function randomBatch(seed: number) {
  const { below, bytes, chance, int64, pick } = random(seed);
  let offset = BigInt.asUintN(40, int64());
  const start = chance(0.2) ? int64() : 1_700_000_000_000n;
  const content = () =>
    chance(0.1) ? null : bytes(below(chance(0.05) ? 20_000 : 60));
  const records: LogRecord[] = Array.from({ length: below(40) + 1 }, () => {
    offset += BigInt(chance(0.9) ? 1 : 1 + below(1_000_000));
    return {
      offset,
      timestamp: chance(0.1)
        ? int64()
        : BigInt.asIntN(64, start + BigInt(below(1_000))),
      key: content(),
      value: content(),
      headers: Array.from({ length: chance(0.7) ? 0 : below(4) }, () => ({
        key: pick(["", "trace", "größe", "𝄞"]),
        value: content(),
      })),
    };
  });
  const options = {
    compression: pick(COMPRESSIONS),
    producerId: int64(),
    producerEpoch: below(2 ** 15),
    baseSequence: below(2 ** 31),
    isTransactional: chance(0.5),
    partitionLeaderEpoch: below(2 ** 31),
  };
  return { records, options, encoded: encodeRecordBatch(records, options) };
}
