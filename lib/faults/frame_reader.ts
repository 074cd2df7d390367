import { Buffer } from "node:buffer";

const LENGTH_BYTES = 4;

/**
 * Puts together what a TCP connection delivers in pieces. Kafka's requests and
 * responses are frames: 32 bits that tell how many bytes follow, then those.
 *
 * @returns A function that takes the next piece, and returns the frames that it
 * completes, each with its length in front, as views where that needs no copy.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Buffer } from "node:buffer";
 *
 * const read = frameReader();
 * assertEquals(read(Buffer.from([0, 0, 0, 2, 7])).length, 0);
 * assertEquals(read(Buffer.from([8, 0, 0])).map((frame) => [...frame]), [[0, 0, 0, 2, 7, 8]]);
 * ```
 */
export function frameReader(): (piece: Buffer) => Buffer[] {
  let pieces: Buffer[] = [];
  let buffered = 0;
  let needed = LENGTH_BYTES;

  return (piece) => {
    pieces.push(piece);
    buffered += piece.length;
    // Join only when a frame is whole: a fetched frame of megabytes comes in many pieces.
    if (buffered < needed) return [];
    let rest = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    const frames: Buffer[] = [];
    needed = LENGTH_BYTES;
    while (rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + rest.readInt32BE(0);
      if (rest.length < end) {
        needed = end;
        break;
      }
      frames.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    pieces = rest.length > 0 ? [rest] : [];
    buffered = rest.length;
    return frames;
  };
}
