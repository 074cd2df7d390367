import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Message } from "kafkajs";
import produce from "kafkajs/src/protocol/requests/produce/index.js";
import { decodeRecordBatches } from "lib/log/record_batch.ts";
import {
  checkVersion,
  isFastPathOpen,
  openFastPath,
} from "lib/producer/fast_path.ts";
import type { ProduceRequest } from "lib/producer/produce_request.ts";

/** The bytes of a produce request as KafkaJS would send them now. */
async function encoded(
  request: ProduceRequest,
  version = 7,
): Promise<Uint8Array> {
  const { request: { encode } } = produce.protocol({ version })(request);
  return (await encode()).buffer;
}

/** The bytes of the only batch of a request for topic "orders". */
function batchOf(bytes: Uint8Array, transactionalId = ""): Uint8Array {
  return bytes.subarray(
    2 + transactionalId.length + 2 + 4 + 4 + (2 + 6) + 4 + 4 + 4,
  );
}

function requestOf(
  messages: Message[],
  others: Partial<ProduceRequest> = {},
): ProduceRequest {
  const partitions = [{ partition: 3, firstSequence: 5, messages }];
  return {
    acks: -1,
    timeout: 1_000,
    topicData: [{ topic: "orders", partitions }],
    ...others,
  };
}

const MESSAGES: Message[] = Array.from({ length: 200 }, (_, i) => ({
  key: i % 3 === 0 ? null : `key-${i} größe`,
  value: i % 7 === 0 ? null : `value ${i} 🦆`.repeat(i % 5),
  timestamp: String(1_700_000_000_000 + (i * 37) % 100),
  ...(i % 4 === 0
    ? { headers: { trace: `${i}`, list: ["a", "b"], "": "é" } }
    : {}),
}));

/** What a batch says that matters to the broker, and its records. */
function contentOf(bytes: Uint8Array) {
  const [batch, ...others] = decodeRecordBatches(bytes);
  assertEquals(others, []);
  const { header } = batch!;
  return {
    compression: header.compression,
    isTransactional: header.isTransactional,
    producer: [header.producerId, header.producerEpoch, header.baseSequence],
    lastOffset: header.lastOffset,
    maxTimestamp: header.maxTimestamp,
    records: batch!.records(),
  };
}

Deno.test("openFastPath() makes KafkaJS encode the same records, headers and producer as by itself", async () => {
  const transactionalId = "tx";
  const table: Partial<ProduceRequest>[] = [
    { producerId: "77", producerEpoch: 4 },
    { producerId: "77", producerEpoch: 4, transactionalId },
    { producerId: "77", producerEpoch: 4, compression: 1 },
  ];
  for (const others of table) {
    const request = requestOf(MESSAGES, others);
    const slow = await encoded(request);
    const fastPath = openFastPath();
    const fast = await encoded(request);
    fastPath.close();
    const id = others.transactionalId ?? "";
    const head = fast.length - batchOf(fast, id).length - 4; // but for the batch's length
    assertEquals(fast.subarray(0, head), slow.subarray(0, head));
    const [ours, theirs] = [batchOf(fast, id), batchOf(slow, id)].map(
      contentOf,
    );
    assertEquals(ours, theirs);
    assertEquals(ours!.records.length, 200);
  }
});

Deno.test("openFastPath() gives a plain producer's batch no producer id, and the time where there is none", async () => {
  const before = Date.now();
  const fastPath = openFastPath();
  const [batch] = decodeRecordBatches(batchOf(
    await encoded(
      requestOf([{ value: "a" }, { value: "b", timestamp: "7" }], {
        producerId: -1,
      }),
    ),
  ));
  fastPath.close();
  const { producerId, producerEpoch, baseSequence } = batch!.header;
  assertEquals([producerId, producerEpoch, baseSequence], [-1n, -1, -1]);
  const [a, b] = batch!.records();
  assert(Number(a!.timestamp) >= before && Number(a!.timestamp) <= Date.now());
  assertEquals(b!.timestamp, 7n);
});

Deno.test("openFastPath() is undone when the last of its users closes it, and counts requests", async () => {
  const own = produce.protocol;
  const [first, second] = [openFastPath(), openFastPath()];
  assert(produce.protocol !== own && isFastPathOpen());
  const before = first.requests;
  await encoded(requestOf([{ value: "a" }]));
  assertEquals(second.requests, before + 1);
  first.close();
  first.close();
  assert(isFastPathOpen(), "closing twice must not take it from the other");
  second.close();
  assert(produce.protocol === own && !isFastPathOpen());
  await encoded(requestOf([{ value: "a" }]));
  assertEquals(second.requests, before + 1);
});

Deno.test("openFastPath() leaves requests alone that carry no record batches", () => {
  const fastPath = openFastPath();
  const before = fastPath.requests;
  const { request } = produce.protocol({ version: 2 })(
    requestOf([{ value: "a" }]),
  );
  assertEquals(request.apiVersion, 2);
  assertEquals(fastPath.requests, before);
  fastPath.close();
});

Deno.test("openFastPath() refuses what is neither text nor bytes", async () => {
  const fastPath = openFastPath();
  let error: unknown;
  await encoded(requestOf([{ value: 42 as unknown as string }])).catch((e) =>
    error = e
  );
  fastPath.close();
  assertEquals(
    (error as Error).message,
    "Cannot encode a record as its value must be text, bytes or null: current value is 42",
  );
});

Deno.test("checkVersion() refuses any KafkaJS but the one the fast path is made for", () => {
  for (const version of ["2.2.3", "2.2.5", "2.3.0", "3.0.0"]) {
    assertThrows(
      () => checkVersion(version),
      Error,
      `Cannot open the fast path as it is made for KafkaJS 2.2.4 and this is ${version}`,
    );
  }
});
