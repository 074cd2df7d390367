/**
 * How many bytes an integer takes as a varint: 7 bits a byte, the sign moved
 * to the lowest bit ("zigzag"), so that small numbers of either sign are short.
 *
 * @param value A signed 32-bit integer.
 * @returns 1 to 5.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([-64, 63, 64].map(sizeOfVarint), [1, 1, 2]);
 * ```
 */
export function sizeOfVarint(value: number): number {
  const zigzag = (value << 1) ^ (value >> 31);
  if ((zigzag & 0xffffff80) === 0) return 1;
  if ((zigzag & 0xffffc000) === 0) return 2;
  if ((zigzag & 0xffe00000) === 0) return 3;
  return (zigzag & 0xf0000000) === 0 ? 4 : 5;
}

/**
 * Writes an integer as a varint.
 *
 * @param bytes Where to write; there must be room for up to 5 bytes.
 * @param at The position of its first byte.
 * @param value A signed 32-bit integer.
 * @returns The position after its last byte.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(2);
 * assertEquals(writeVarint(bytes, 0, 150), 2);
 * assertEquals(bytes, Uint8Array.of(0xac, 0x02));
 * ```
 */
export function writeVarint(
  bytes: Uint8Array,
  at: number,
  value: number,
): number {
  let rest = (value << 1) ^ (value >> 31);
  while ((rest & 0xffffff80) !== 0) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** Within this, a varlong is the same as a varint. */
const VARINT_LIMIT = 2 ** 31;

/**
 * How many bytes an integer of up to 64 bits takes as a varlong.
 *
 * @param value A signed 64-bit integer; a number must be a safe integer.
 * @returns 1 to 10.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([0, 2 ** 40, -(2n ** 63n)].map(sizeOfVarlong), [1, 6, 10]);
 * ```
 */
export function sizeOfVarlong(value: number | bigint): number {
  if (value >= -VARINT_LIMIT && value < VARINT_LIMIT) {
    return sizeOfVarint(Number(value));
  }
  let size = 1;
  for (let rest = zigzag(BigInt(value)) >> 7n; rest > 0n; rest >>= 7n) size++;
  return size;
}

/**
 * Writes an integer of up to 64 bits as a varlong.
 *
 * @param bytes Where to write; there must be room for up to 10 bytes.
 * @param at The position of its first byte.
 * @param value A signed 64-bit integer; a number must be a safe integer.
 * @returns The position after its last byte.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(10);
 * assertEquals(writeVarlong(bytes, 0, 2 ** 40), sizeOfVarlong(2 ** 40));
 * ```
 */
export function writeVarlong(
  bytes: Uint8Array,
  at: number,
  value: number | bigint,
): number {
  if (value >= -VARINT_LIMIT && value < VARINT_LIMIT) {
    return writeVarint(bytes, at, Number(value));
  }
  let rest = zigzag(BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) {
    bytes[at++] = Number(rest & 0x7fn) | 0x80;
  }
  bytes[at++] = Number(rest);
  return at;
}

function zigzag(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}
