import { Buffer } from "node:buffer";

/** Where a broker says that it can be reached. */
export interface AdvertisedAddress {
  host: string;
  port: number;
}

/** From this version on, Metadata responses are written in the compact form (KIP-482). */
const FIRST_COMPACT = 9;
/** From this version on, they begin with the time for which the client is throttled. */
const FIRST_THROTTLED = 3;

/**
 * Rewrites a response to a Metadata request: each broker's advertised address
 * becomes another one, and all the rest stays as it is.
 *
 * @param frame The response, with its length in front.
 * @param version The version of the request, 1 or later.
 * @param addressOf The address to tell in place of the advertised one.
 * @returns The response to pass on.
 * @throws {RangeError} If the version is 0, or the frame ends too early.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Buffer } from "node:buffer";
 *
 * // Version 1: length, correlation id, one broker: id, host, port, rack; the rest.
 * const frame = Buffer.from([
 *   ...[0, 0, 0, 25, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1],
 *   ...[0, 1, 97, 0, 0, 35, 132, 255, 255, 42, 42, 42, 42],
 * ]);
 * const told = readvertise(frame, 1, ({ port }) => ({ host: "bc", port: port + 1 }));
 * assertEquals([...told], [
 *   ...[0, 0, 0, 26, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1],
 *   ...[0, 2, 98, 99, 0, 0, 35, 133, 255, 255, 42, 42, 42, 42],
 * ]);
 * ```
 */
export function readvertise(
  frame: Buffer,
  version: number,
  addressOf: (advertised: AdvertisedAddress) => AdvertisedAddress,
): Buffer {
  if (version < 1) {
    throw new RangeError(
      `Cannot rewrite a Metadata response as 'version' must be at least 1: current value is ${version}`,
    );
  }
  const compact = version >= FIRST_COMPACT;
  const cursor = new Cursor(frame, compact);
  cursor.skip(8); // length and correlation id
  if (compact) cursor.skipTags();
  if (version >= FIRST_THROTTLED) cursor.skip(4);
  const parts: Buffer[] = [];
  let copied = 0;
  for (let left = cursor.readCount(); left > 0; left--) {
    cursor.skip(4); // the broker's id
    parts.push(frame.subarray(copied, cursor.at));
    const host = cursor.readString();
    const port = cursor.readPort();
    const told = addressOf({ host, port });
    parts.push(addressBytes(told, compact));
    copied = cursor.at;
    cursor.readString(); // the rack
    if (compact) cursor.skipTags();
  }
  const told = Buffer.concat([...parts, frame.subarray(copied)]);
  told.writeInt32BE(told.length - 4, 0);
  return told;
}

function addressBytes(
  { host, port }: AdvertisedAddress,
  compact: boolean,
): Buffer {
  const name = Buffer.from(host);
  const bytes = Buffer.alloc((compact ? 1 : 2) + name.length + 4);
  // A host name has at most 63 letters here, so that its compact length is one byte.
  if (compact) bytes.writeUInt8(name.length + 1, 0);
  else bytes.writeInt16BE(name.length, 0);
  name.copy(bytes, compact ? 1 : 2);
  bytes.writeInt32BE(port, bytes.length - 4);
  return bytes;
}

/** Walks through the beginning of a response. */
class Cursor {
  at = 0;
  readonly #frame: Buffer;
  readonly #compact: boolean;

  constructor(frame: Buffer, compact: boolean) {
    this.#frame = frame;
    this.#compact = compact;
  }

  skip(bytes: number): void {
    this.at += bytes;
  }

  readCount(): number {
    if (this.#compact) return this.#readVarint() - 1;
    this.at += 4;
    return this.#frame.readInt32BE(this.at - 4);
  }

  readPort(): number {
    this.at += 4;
    return this.#frame.readInt32BE(this.at - 4);
  }

  readString(): string {
    let length: number;
    if (this.#compact) {
      length = this.#readVarint() - 1;
    } else {
      length = this.#frame.readInt16BE(this.at);
      this.at += 2;
    }
    const start = this.at;
    this.at += Math.max(0, length); // -1 is null
    return this.#frame.toString("utf8", start, this.at);
  }

  skipTags(): void {
    for (let left = this.#readVarint(); left > 0; left--) {
      this.#readVarint();
      const size = this.#readVarint();
      this.at += size;
    }
  }

  #readVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#frame.readUInt8(this.at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
}
