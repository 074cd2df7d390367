import { ByteReader } from "../log/byte_reader.ts";
import type { AbortedTransaction } from "../log/visible_batches.ts";

/** From this version on a fetch names aborted transactions, and brings batches of version 2. */
export const FIRST_VERSION = 4;
/** The newest version that KafkaJS 2.2.4 speaks, and the newest that is read here. */
export const NEWEST_VERSION = 11;

/** What a fetch brought of one partition. */
export interface FetchedPartition {
  /** The partition's number. */
  partition: number;
  /** The protocol's number of what went wrong, 0 for nothing. */
  errorCode: number;
  /** The offset after the last record that all replicas in sync have. */
  highWatermark: bigint;
  /** The offset of the first record of an open transaction, or the high watermark. */
  lastStableOffset: bigint;
  /** The offset of the first record that is kept; -1 from a broker that does not say. */
  logStartOffset: bigint;
  /** The aborted transactions among the records. None if uncommitted ones were asked for. */
  abortedTransactions: AbortedTransaction[];
  /** The id of a replica that had better be asked; -1 for none. */
  preferredReadReplica: number;
  /** The batches as they lie in the log; the last may be cut off. Empty if there are none. */
  records: Uint8Array;
}

/** What a fetch brought. */
export interface FetchResponse {
  /** How long the broker wants the client to wait before it asks again, in milliseconds. */
  throttleTimeMs: number;
  /** The protocol's number of what went wrong with all of it, 0 for nothing. */
  errorCode: number;
  /** The fetch session, 0 for none. */
  sessionId: number;
  /** The partitions that were asked for, by topic. */
  topics: { topic: string; partitions: FetchedPartition[] }[];
}

/**
 * Reads the response of a Fetch request, and leaves the batches in it as they
 * are.
 *
 * @param raw The response behind its header, as KafkaJS hands it over.
 * @param version The version of the request, 4 to 11.
 * @returns What it says. The records are a part of the response's bytes, not a copy.
 * @throws {RangeError} If it is another version.
 * @throws {CorruptRecordError} If the bytes are not such a response.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Buffer } from "node:buffer";
 *
 * // Version 4: a throttle time of 7 ms, and no topics.
 * const response = decodeFetchResponse(Buffer.from([0, 0, 0, 7, 0, 0, 0, 0]), 4);
 * assertEquals([response.throttleTimeMs, response.topics], [7, []]);
 * ```
 */
export function decodeFetchResponse(
  raw: Uint8Array,
  version: number,
): FetchResponse {
  if (version < FIRST_VERSION || version > NEWEST_VERSION) {
    throw new RangeError(
      `Cannot read a fetch response as 'version' must be from ${FIRST_VERSION} to ${NEWEST_VERSION}: current value is ${version}`,
    );
  }
  const reader = new ByteReader(plain(raw), { what: "the fetch response" });
  const throttleTimeMs = reader.int32();
  const errorCode = version >= 7 ? reader.int16() : 0;
  const sessionId = version >= 7 ? reader.int32() : 0;
  const topics = reader.array(() => ({
    topic: reader.string(),
    partitions: reader.array(() => readPartition(reader, version)),
  }));
  return { throttleTimeMs, errorCode, sessionId, topics };
}

function readPartition(reader: ByteReader, version: number): FetchedPartition {
  return {
    partition: reader.int32(),
    errorCode: reader.int16(),
    highWatermark: reader.int64(),
    lastStableOffset: reader.int64(),
    logStartOffset: version >= 5 ? reader.int64() : -1n,
    abortedTransactions: reader.array(() => ({
      producerId: reader.int64(),
      firstOffset: reader.int64(),
    })),
    preferredReadReplica: version >= 11 ? reader.int32() : -1,
    records: reader.nullableBytes() ?? new Uint8Array(),
  };
}

/** Parts of a plain array are cheaper than those of a Buffer. */
function plain({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
