import { assert, assertEquals } from "@std/assert";
import { partitionFor, type TopicView } from "lib/producer/partitioner.ts";
import { roundRobinPartitioner } from "lib/producer/round_robin_partitioner.ts";
import { stickyPartitioner } from "lib/producer/sticky_partitioner.ts";

const record = { topic: "orders", value: "" };

function viewOf(view: Partial<TopicView> = {}): TopicView {
  return {
    name: "orders",
    partitionCount: 4,
    queuedBatches: () => 0,
    hasRoom: () => false,
    ...view,
  };
}

/** Numbers that come in turn. */
function inTurn(...numbers: number[]): () => number {
  let next = 0;
  return () => numbers[next++ % numbers.length]!;
}

Deno.test("stickyPartitioner() stays until the batch size is produced, then goes elsewhere", () => {
  const partitioner = stickyPartitioner({
    batchSize: 100,
    random: inTurn(0, 0.3, 0.6),
  });
  const chosen = Array.from({ length: 7 }, () => {
    const partition = partitioner.choose(record, viewOf(), 40);
    partitioner.appended!(record, viewOf(), 40);
    return partition;
  });
  assertEquals(chosen, [0, 0, 0, 1, 1, 1, 2]);
});

Deno.test("stickyPartitioner() leaves no batch half full, but goes after twice the batch size", () => {
  const partitioner = stickyPartitioner({
    batchSize: 100,
    random: inTurn(0, 0.9),
  });
  const view = viewOf({ hasRoom: () => true });
  const chosen = Array.from({ length: 6 }, () => {
    const partition = partitioner.choose(record, view, 40);
    partitioner.appended!(record, view, 40);
    return partition;
  });
  assertEquals(chosen, [0, 0, 0, 0, 0, 3]);
});

Deno.test("stickyPartitioner() puts keyed records where their key belongs, and does not count them", () => {
  const partitioner = stickyPartitioner({
    batchSize: 100,
    random: inTurn(0, 0.9),
  });
  const keyed = { ...record, key: "order-1" };
  assertEquals(partitioner.choose(record, viewOf(), 10), 0);
  for (let i = 0; i < 10; i++) {
    assertEquals(
      partitioner.choose(keyed, viewOf(), 90),
      partitionFor("order-1", 4),
    );
    partitioner.appended!(keyed, viewOf(), 90);
  }
  assertEquals(partitioner.choose(record, viewOf(), 10), 0);
  const ignoring = stickyPartitioner({ ignoreKeys: true, random: () => 0.9 });
  assertEquals(ignoring.choose({ ...record, key: "0" }, viewOf(), 10), 3);
});

Deno.test("stickyPartitioner() sticks per topic", () => {
  const partitioner = stickyPartitioner({ random: inTurn(0, 0.9) });
  const other = viewOf({ name: "payments" });
  const views = [viewOf(), other, viewOf(), other];
  assertEquals(views.map((view) => partitioner.choose(record, view, 10)), [
    0,
    3,
    0,
    3,
  ]);
});

Deno.test("stickyPartitioner() chooses partitions with long queues less often, in Java's proportion", () => {
  // Weights 3, 2 and 1 of 6: java's 'adaptive partitioning' on queues of 0, 1 and 2 batches.
  const view = viewOf({
    partitionCount: 3,
    queuedBatches: (partition) => partition,
  });
  const counts = [0, 0, 0];
  for (let i = 0; i < 600; i++) {
    const partitioner = stickyPartitioner({ random: () => i / 600 });
    counts[partitioner.choose(record, view, 10)]!++;
  }
  assertEquals(counts, [300, 200, 100]);
});

Deno.test("stickyPartitioner() reaches every partition about equally by chance", () => {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 4_000; i++) {
    counts[stickyPartitioner().choose(record, viewOf(), 10)]!++;
  }
  assert(counts.every((count) => count > 800), String(counts));
});

Deno.test("roundRobinPartitioner() takes partitions in turn for each topic, whatever the keys", () => {
  const partitioner = roundRobinPartitioner();
  const keyed = { ...record, key: "order-1" };
  const other = viewOf({ name: "payments" });
  const views = [viewOf(), viewOf(), other, viewOf(), other];
  assertEquals(views.map((view) => partitioner.choose(keyed, view, 10)), [
    0,
    1,
    0,
    2,
    1,
  ]);
});
