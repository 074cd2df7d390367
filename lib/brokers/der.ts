/** A value in DER, the encoding of certificates (X.690): its tag, its length, its content. */
export type Der = Uint8Array<ArrayBuffer>;

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
/** Tags from here on are numbered by what they stand in. */
const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

/** Dates from this year on are written with four digits of the year (RFC 5280, 4.1.2.5). */
const FIRST_LONG_YEAR = 2050;

/**
 * Writes values in DER, as far as a certificate needs them. Each method
 * returns a whole value, to be put into another one.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...der.sequence(der.text("a"))], [0x30, 3, 0x0c, 1, 97]);
 * assertEquals([...der.oid("1.2.840.10045")], [0x06, 5, 42, 134, 72, 206, 61]);
 * ```
 */
export const der = {
  /** Values one after another, in an order that means something. */
  sequence: (...values: Der[]): Der => tagged(SEQUENCE, joined(values)),
  /** Values of which the order means nothing. */
  set: (...values: Der[]): Der => tagged(SET, joined(values)),
  /** A number that is not negative, from its bytes. */
  integer(bytes: Uint8Array): Der {
    const first = bytes.findIndex((byte) => byte !== 0);
    const digits = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
    // A first bit of 1 would make it negative.
    const isNegative = digits[0]! >= 0x80;
    return tagged(
      INTEGER,
      isNegative ? joined([Uint8Array.of(0), digits]) : digits,
    );
  },
  /** Bits, from whole bytes but for the last one's unused bits. */
  bits: (bytes: Uint8Array, unused = 0): Der =>
    tagged(BIT_STRING, joined([Uint8Array.of(unused), bytes])),
  /** Bytes, often another value in DER. */
  octets: (bytes: Uint8Array): Der => tagged(OCTET_STRING, bytes),
  /** The name of a thing in the tree of object identifiers: `"2.5.4.3"`. */
  oid(name: string): Der {
    const [first = 0, second = 0, ...others] = name.split(".").map(Number);
    const bytes = [first * 40 + second, ...others].flatMap(inBase128);
    return tagged(OBJECT_IDENTIFIER, Uint8Array.from(bytes));
  },
  /** A text, in UTF-8. */
  text: (text: string): Der =>
    tagged(UTF8_STRING, new TextEncoder().encode(text)),
  /** A point in time, to the second. */
  time(date: Date): Der {
    const digits = date.toISOString().replace(/\.\d+Z$/, "Z")
      .replaceAll(/[-:T]/g, "");
    const isLong = date.getUTCFullYear() >= FIRST_LONG_YEAR;
    return tagged(
      isLong ? GENERALIZED_TIME : UTC_TIME,
      new TextEncoder().encode(isLong ? digits : digits.slice(2)),
    );
  },
  /** The value true. */
  yes: (): Der => Uint8Array.of(0x01, 1, 0xff),
  /** A value that is known by its number within another: around a whole value, or in place of its tag. */
  numbered: (
    number: number,
    content: Uint8Array,
    { isWhole = false }: { isWhole?: boolean } = {},
  ): Der => tagged(CONTEXT | number | (isWhole ? CONSTRUCTED : 0), content),
};

function tagged(tag: number, content: Uint8Array): Der {
  return joined([Uint8Array.of(tag, ...lengthOf(content)), content]);
}

/** Up to 127 in one byte; else how many bytes the length takes, and those. */
function lengthOf({ length }: Uint8Array): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

/** Seven bits a byte, the first bit set in all but the last. */
function inBase128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) {
    bytes.unshift(0x80 | (rest & 0x7f));
  }
  return bytes;
}

function joined(parts: Uint8Array[]): Der {
  const all = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
