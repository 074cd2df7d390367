import { assertEquals } from "@std/assert";
import { linesOf } from "lib/brokers/lines_of.ts";

/** The lines of a text that comes in pieces. */
function linesIn(...pieces: (string | number[])[]): Promise<string[]> {
  const bytes = pieces.map((piece) =>
    typeof piece === "string"
      ? new TextEncoder().encode(piece)
      : Uint8Array.from(piece)
  );
  return Array.fromAsync(linesOf(ReadableStream.from(bytes)));
}

Deno.test("linesOf() joins what comes in pieces, and keeps empty lines and a last one without an end", async () => {
  assertEquals(await linesIn("a", "b\n", "\nc", "\nd"), ["ab", "", "c", "d"]);
  assertEquals(await linesIn("a\n"), ["a"]);
  assertEquals(await linesIn(), []);
});

Deno.test("linesOf() ends a line at the ends of every system, also one that comes in two pieces", async () => {
  assertEquals(await linesIn("a\r\nb\nc\rd\n"), ["a", "b", "c", "d"]);
  assertEquals(await linesIn("a\r", "\nb\r", "c\n"), ["a", "b", "c"]);
});

Deno.test("linesOf() reads a letter that comes in two pieces", async () => {
  assertEquals(await linesIn([0xc3], [0xa9, 0x0a]), ["é"]);
});

Deno.test("linesOf() gives a line as soon as it is there, and leaves the stream when it is left", async () => {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (out) => out.enqueue(new TextEncoder().encode("ready\nrest")),
    cancel: () => void (cancelled = true),
  });
  for await (const line of linesOf(stream)) {
    assertEquals(line, "ready");
    break;
  }
  assertEquals(cancelled, true);
});
