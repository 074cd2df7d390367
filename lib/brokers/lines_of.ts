/**
 * Reads a stream of bytes as lines of UTF-8 text, such as what a process prints.
 * As everywhere in this library, a byte order mark is part of the text: the key
 * of the first record that a tool prints may begin with one.
 *
 * @param stream The stream.
 * @returns Each line without its end, as soon as it is there. A carriage return,
 * with which a program writes over its last line, ends one, too.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const lines = linesOf(new Blob(["processed 1\nprocessed 2\n"]).stream());
 * assertEquals(await Array.fromAsync(lines), ["processed 1", "processed 2"]);
 * ```
 */
export async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (
    const chunk of stream.pipeThrough(
      new TextDecoderStream("utf-8", { ignoreBOM: true }),
    )
  ) {
    // At the end of what is there, it may be half of the two that end a line on Windows.
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest) yield rest;
}
