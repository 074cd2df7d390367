import { Buffer } from "node:buffer";
import { ResponseCursor } from "./response_cursor.ts";

/** Where a broker says that it can be reached. */
export interface AdvertisedAddress {
  host: string;
  port: number;
}

/** Which kind of response it is. */
export interface ResponseKind {
  /** The kind of request by Kafka's name. */
  api: AddressingApi;
  /** The version of the request. */
  version: number;
}

/** The kinds of requests whose responses name brokers. */
export type AddressingApi = keyof typeof LAYOUTS;

/** Goes to each address, and calls `onAddress` at its first byte. */
type Walk = (
  cursor: ResponseCursor,
  version: number,
  onAddress: () => void,
) => void;

const LAYOUTS: Record<
  "Metadata" | "FindCoordinator" | "DescribeCluster",
  { firstCompact: number; walk: Walk }
> = {
  Metadata: {
    firstCompact: 9,
    walk(cursor, version, onAddress) {
      if (version >= 3) cursor.skip(4); // the time for which the client is throttled
      for (let left = cursor.readCount(); left > 0; left--) {
        cursor.skip(4); // the broker's id
        onAddress();
        if (version >= 1) cursor.readString(); // the rack
        cursor.skipTags();
      }
    },
  },
  FindCoordinator: {
    firstCompact: 3,
    walk(cursor, version, onAddress) {
      if (version >= 1) cursor.skip(4); // the time for which the client is throttled
      if (version >= 4) {
        for (let left = cursor.readCount(); left > 0; left--) {
          cursor.readString(); // the group or the transactional id
          cursor.skip(4); // the broker's id
          onAddress();
          cursor.skip(2); // the error
          cursor.readString();
          cursor.skipTags();
        }
        return;
      }
      cursor.skip(2); // the error
      if (version >= 1) cursor.readString();
      cursor.skip(4); // the broker's id
      onAddress();
    },
  },
  DescribeCluster: {
    firstCompact: 0,
    walk(cursor, version, onAddress) {
      cursor.skip(6); // throttle time and error
      cursor.readString(); // the error in words
      if (version >= 1) cursor.skip(1); // brokers or controllers
      cursor.readString(); // the cluster's id
      cursor.skip(4); // the controller's id
      for (let left = cursor.readCount(); left > 0; left--) {
        cursor.skip(4); // the broker's id
        onAddress();
        cursor.readString(); // the rack
        if (version >= 2) cursor.skip(1); // whether it is fenced
        cursor.skipTags();
      }
    },
  },
};

/** The kinds of requests whose responses name brokers. */
export const ADDRESSING_APIS = Object.keys(LAYOUTS) as AddressingApi[];

/**
 * Rewrites a response that names brokers, to a Metadata, FindCoordinator or
 * DescribeCluster request: each advertised address becomes another one, and all
 * the rest stays as it is. An empty address, which comes with an error, stays,
 * too.
 *
 * @param frame The response, with its length in front.
 * @param kind What was asked, and in which version.
 * @param addressOf The address to tell in place of the advertised one.
 * @returns The response to pass on.
 * @throws {RangeError} If the frame ends too early.
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
 * const kind = { api: "Metadata", version: 1 } as const;
 * const told = readvertise(frame, kind, ({ port }) => ({ host: "bc", port: port + 1 }));
 * assertEquals([...told], [
 *   ...[0, 0, 0, 26, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1],
 *   ...[0, 2, 98, 99, 0, 0, 35, 133, 255, 255, 42, 42, 42, 42],
 * ]);
 * ```
 */
export function readvertise(
  frame: Buffer,
  { api, version }: ResponseKind,
  addressOf: (advertised: AdvertisedAddress) => AdvertisedAddress,
): Buffer {
  const { firstCompact, walk } = LAYOUTS[api];
  const compact = version >= firstCompact;
  const cursor = new ResponseCursor(frame, compact);
  cursor.skip(8); // length and correlation id
  cursor.skipTags();
  const parts: Buffer[] = [];
  let copied = 0;
  walk(cursor, version, () => {
    const start = cursor.at;
    const host = cursor.readString();
    const port = cursor.readInt32();
    if (host === "") return; // nobody
    parts.push(
      frame.subarray(copied, start),
      addressBytes(addressOf({ host, port }), compact),
    );
    copied = cursor.at;
  });
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
