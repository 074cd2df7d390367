import { sizeOfVarint, writeVarint } from "./varint.ts";

const utf8 = new TextEncoder();

/** A call of `TextEncoder` takes as long as a loop over this many characters. */
const SHORT = 160;

/**
 * What a text is written as: the text itself if it is short and each of its
 * characters is one byte, which is written fastest by a loop, else its UTF-8.
 *
 * @param content A key, a value or a header's part. Null and undefined are both none.
 * @returns Something whose length is the number of its bytes, for {@linkcode writeContent}.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([contentOf("order")?.length, contentOf("größe")?.length], [5, 7]);
 * ```
 */
export function contentOf(
  content: Uint8Array | string | null | undefined,
): Uint8Array | string | null {
  if (typeof content !== "string") return content ?? null;
  return content.length <= SHORT && isAscii(content)
    ? content
    : utf8.encode(content);
}

/**
 * How many bytes {@linkcode writeContent} takes.
 *
 * @param content What {@linkcode contentOf} gave.
 * @returns The number of bytes, those of the length in front included.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([null, "", "hi"].map(sizeOfContent), [1, 1, 3]);
 * ```
 */
export function sizeOfContent(content: Uint8Array | string | null): number {
  return content === null ? 1 : sizeOfVarint(content.length) + content.length;
}

/**
 * Writes what {@linkcode contentOf} gave, with its length as a varint before
 * it, -1 for null.
 *
 * @param bytes Where to write.
 * @param at The position of the first byte.
 * @param content What to write.
 * @returns The position after the last byte.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(3);
 * assertEquals(writeContent(bytes, 0, "hi"), 3);
 * assertEquals(bytes, Uint8Array.of(4, 104, 105));
 * ```
 */
export function writeContent(
  bytes: Uint8Array,
  at: number,
  content: Uint8Array | string | null,
): number {
  if (content === null) return writeVarint(bytes, at, -1);
  at = writeVarint(bytes, at, content.length);
  if (typeof content === "string") {
    for (let i = 0; i < content.length; i++) {
      bytes[at + i] = content.charCodeAt(i);
    }
  } else bytes.set(content, at);
  return at + content.length;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return false;
  }
  return true;
}
