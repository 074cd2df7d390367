import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { frameReader } from "lib/faults/frame_reader.ts";

function frame(...body: number[]): number[] {
  return [0, 0, body.length >> 8, body.length & 255, ...body];
}

const FRAMES = [frame(1), frame(), frame(...Array(300).fill(7)), frame(2, 3)];

Deno.test("frameReader() gives the same frames however the stream is cut in pieces", () => {
  const stream = Buffer.from(FRAMES.flat());
  for (let size = 1; size <= stream.length; size++) {
    const read = frameReader();
    const frames: number[][] = [];
    for (let at = 0; at < stream.length; at += size) {
      const piece = stream.subarray(at, at + size);
      frames.push(...read(piece).map((frame) => [...frame]));
    }
    assertEquals(frames, FRAMES, `in pieces of ${size} bytes`);
  }
});

Deno.test("frameReader() holds a frame back until its last byte has come", () => {
  const read = frameReader();
  assertEquals(read(Buffer.from([0, 0, 0, 3, 1, 2])), []);
  assertEquals(read(Buffer.from([3])), [Buffer.from([0, 0, 0, 3, 1, 2, 3])]);
});
