import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import kafkaJsCrc32C from "kafkajs/src/protocol/recordBatch/crc32C/index.js";
import { crc32c } from "lib/log/crc32c.ts";
import { random } from "lib/experiment/random.ts";

// From RFC 3720, B.4.
const known: [string, Uint8Array, number][] = [
  ["32 zeros", new Uint8Array(32), 0x8a9136aa],
  ["32 times 255", new Uint8Array(32).fill(255), 0x62a8ab43],
  ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["31 to 0", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
];
for (const [what, bytes, sum] of known) {
  Deno.test(`crc32c() of ${what} is 0x${sum.toString(16)}`, () => {
    assertEquals(crc32c(bytes), sum);
  });
}

Deno.test("crc32c() equals KafkaJS's for every length up to 300 and every alignment", () => {
  const bytes = random(1).bytes(310);
  for (let length = 0; length <= 300; length++) {
    const start = length % 9;
    const expected = kafkaJsCrc32C(
      Buffer.from(bytes.subarray(start, start + length)),
    ) >>> 0;
    assertEquals(crc32c(bytes, start, start + length), expected);
    assertEquals(crc32c(bytes.subarray(start, start + length)), expected);
  }
});
