/**
 * Reads a stream of bytes as lines of UTF-8 text, such as what a process prints.
 *
 * @param stream The stream.
 * @returns Each line without its end, as soon as it is there.
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
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest) yield rest;
}
