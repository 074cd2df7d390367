const SEED = 0x9747b28c;
// "Mixing constants generated offline": they have no meaning, they work well.
const M = 0x5bd1e995;
const R = 24;

/**
 * Hashes bytes as Kafka's Java client does to choose a partition: 32-bit
 * MurmurHash2 with Kafka's seed (`org.apache.kafka.common.utils.Utils.murmur2`).
 *
 * @param bytes What to hash, usually a key in UTF-8.
 * @returns A signed 32-bit integer, like Java's int.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(murmur2(new TextEncoder().encode("foobar")), -790332482);
 * ```
 */
export function murmur2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeWords = bytes.length & ~3;
  let hash = SEED ^ bytes.length;

  for (let at = 0; at < wholeWords; at += 4) {
    let word = Math.imul(view.getInt32(at, true), M);
    word = Math.imul(word ^ (word >>> R), M);
    hash = Math.imul(hash, M) ^ word;
  }

  if (bytes.length > wholeWords) {
    for (let at = bytes.length - 1; at >= wholeWords; at--) {
      hash ^= view.getUint8(at) << (8 * (at - wholeWords));
    }
    hash = Math.imul(hash, M);
  }

  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}
