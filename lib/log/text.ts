/** A byte order mark is text like any other: two keys that differ in it are two keys. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads bytes as UTF-8, the one way in which this library makes text of what
 * lies in Kafka. It is the way of `String(buffer)` with KafkaJS's buffers, too:
 * a byte order mark at the beginning stays, and bytes that are not UTF-8 become
 * U+FFFD.
 *
 * @param bytes The bytes.
 * @returns The text.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const marked = Uint8Array.of(0xef, 0xbb, 0xbf, 0x69, 0x64);
 * assertEquals(textOf(marked), "\uFEFFid");
 * ```
 */
export function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
