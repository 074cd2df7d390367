/** The reversed Castagnoli polynomial, as iSCSI (RFC 3720) and Kafka use it. */
const POLYNOMIAL = 0x82f63b78;

/**
 * Sixteen tables of 256 entries: table k holds what a byte does to the sum
 * when k more bytes follow it, so that 16 bytes are looked up side by side
 * ("slicing by 16"). One table alone would make each byte wait for the last.
 */
const TABLES = makeTables();

/**
 * The CRC-32C of bytes: the checksum of a record batch. It is not the CRC-32
 * of gzip and `node:zlib`, which has another polynomial.
 *
 * @param bytes The bytes.
 * @param start Where to begin, 0 by default.
 * @param end Where to end, after the last byte by default.
 * @returns An unsigned 32-bit integer.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
 * ```
 */
export function crc32c(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = -1;
  let at = start;
  for (; at + 16 <= end; at += 16) {
    const a = sum ^ view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    sum = lookUp(a, 12) ^ lookUp(b, 8) ^ lookUp(c, 4) ^ lookUp(d, 0);
  }
  for (; at < end; at++) {
    sum = TABLES[(sum ^ bytes[at]!) & 0xff]! ^ (sum >>> 8);
  }
  return ~sum >>> 0;
}

/** What four bytes do to the sum when `following` more of the sixteen come after them. */
function lookUp(word: number, following: number): number {
  const table = following << 8;
  return TABLES[table + 0x300 + (word & 0xff)]! ^
    TABLES[table + 0x200 + (word >>> 8 & 0xff)]! ^
    TABLES[table + 0x100 + (word >>> 16 & 0xff)]! ^
    TABLES[table + (word >>> 24)]!;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) {
      sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
    }
    tables[byte] = sum;
  }
  for (let entry = 256; entry < tables.length; entry++) {
    const shorter = tables[entry - 256]!;
    tables[entry] = tables[shorter & 0xff]! ^ (shorter >>> 8);
  }
  return tables;
}
