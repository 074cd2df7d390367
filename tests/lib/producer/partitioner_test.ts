import { assert, assertEquals, assertThrows } from "@std/assert";
import { Partitioners } from "kafkajs";
import { murmur2 } from "lib/producer/murmur2.ts";
import { partitionFor } from "lib/producer/partitioner.ts";

Deno.test("partitionFor() puts equal keys in one partition, as text or as bytes", () => {
  const asBytes = new TextEncoder().encode("grüße-1");
  assertEquals(partitionFor("grüße-1", 7), partitionFor(asBytes, 7));
});

Deno.test("partitionFor() clears the sign of a negative hash rather than negating it", () => {
  const hash = murmur2(new TextEncoder().encode("foobar"));
  assert(hash < 0);
  assertEquals(partitionFor("foobar", 1_000), (hash + 2 ** 31) % 1_000);
});

Deno.test("partitionFor() equals KafkaJS's default partitioner for 1000 keys and 12 counts", () => {
  const choose = Partitioners.DefaultPartitioner();
  for (let partitionCount = 1; partitionCount <= 12; partitionCount++) {
    const partitionMetadata = Array.from(
      { length: partitionCount },
      (_, partitionId) => ({
        partitionId,
        leader: 1,
        partitionErrorCode: 0,
        replicas: [1],
        isr: [1],
      }),
    );
    for (let order = 0; order < 1_000; order++) {
      const key = `order-${order}`;
      const theirs = choose({
        topic: "orders",
        partitionMetadata,
        message: { key, value: "" },
      });
      assertEquals(
        partitionFor(key, partitionCount),
        theirs,
        `${key} of ${partitionCount}`,
      );
    }
  }
});

for (const count of [0, -1, 1.5, NaN]) {
  Deno.test(`partitionFor() refuses ${count} partitions`, () => {
    assertThrows(
      () => partitionFor("a", count),
      RangeError,
      `current value is ${count}`,
    );
  });
}
