import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import kafkaJsMurmur2 from "kafkajs/src/producer/partitioners/default/murmur2.js";
import { murmur2 } from "lib/producer/murmur2.ts";

// From Apache Kafka's own UtilsTest.testMurmur2.
const known: [string, number][] = [
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
];
for (const [text, hash] of known) {
  Deno.test(`murmur2() of "${text}" is Java's ${hash}`, () => {
    assertEquals(murmur2(new TextEncoder().encode(text)), hash);
  });
}

Deno.test("murmur2() equals KafkaJS's for bytes of every value and every length up to 300", () => {
  for (let length = 0; length <= 300; length++) {
    const bytes = Uint8Array.from(
      { length },
      (_, at) => (at * 167 + length * 31) & 0xff,
    );
    assertEquals(
      murmur2(bytes),
      kafkaJsMurmur2(Buffer.from(bytes)),
      `length ${length}`,
    );
  }
});

Deno.test("murmur2() hashes a view into a larger buffer by the view alone", () => {
  const whole = new TextEncoder().encode("xxfoobarxx");
  assertEquals(murmur2(whole.subarray(2, 8)), -790332482);
});
