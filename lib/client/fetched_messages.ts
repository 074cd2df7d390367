import { Buffer } from "node:buffer";
import type { IHeaders, KafkaMessage } from "kafkajs";
import type { RecordHeader } from "../log/record.ts";
import type { RecordBatch } from "../log/record_batch.ts";
import type { RecordBatchHeader } from "../log/record_batch_header.ts";
import type { RecordReader } from "../log/record_reader.ts";

/** A record as KafkaJS's consumer has it inside: more than it says of itself in its types. */
export type FetchedMessage = KafkaMessage & {
  /** The version of the format. */
  magicByte: number;
  /** Whether it only stands for offsets: KafkaJS goes past it and hands it to nobody. */
  isControlRecord: boolean;
  /** What its batch says of itself. */
  batchContext: BatchContext;
};

/** What KafkaJS notes of a record batch. */
export interface BatchContext {
  /** The offset of the first record. */
  firstOffset: string;
  /** What its records' timestamps are counted from. */
  firstTimestamp: string;
  /** The epoch of the leader that appended it. */
  partitionLeaderEpoch: number;
  /** Whether it belongs to a transaction. */
  inTransaction: boolean;
  /** Whether it holds markers. */
  isControlBatch: boolean;
  /** The last offset less the first. */
  lastOffsetDelta: number;
  /** The producer's id, "-1" for none. */
  producerId: string;
  /** The producer's epoch. */
  producerEpoch: number;
  /** The producer's number for the first record. */
  firstSequence: number;
  /** The latest timestamp. */
  maxTimestamp: string;
  /** 0 for the producer's timestamps, 1 for the broker's. */
  timestampType: number;
  /** The version of the format. */
  magicByte: number;
}

/**
 * Makes KafkaJS's messages of a batch's records: equal to those of its own
 * decoder, with two differences that are faults there. A header may have any
 * name, such as "constructor", and any number of records does.
 *
 * @param batch The batch.
 * @param options Its records decompressed, if somebody has done that already.
 * @returns The messages. Their bytes are parts of the batch's, not copies.
 * @throws {CorruptRecordError} If the records are not what the batch's header says.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeRecordBatches } from "../log/record_batch.ts";
 * import { encodeRecordBatch } from "../log/record_batch_builder.ts";
 *
 * const bytes = encodeRecordBatch([{ key: null, value: "placed" }], { baseOffset: 7n });
 * const [message] = fetchedMessages(decodeRecordBatches(bytes)[0]!);
 * assertEquals([message!.offset, message!.key, `${message!.value}`], ["7", null, "placed"]);
 * ```
 */
export function fetchedMessages(
  batch: RecordBatch,
  options: { contents?: Uint8Array } = {},
): FetchedMessage[] {
  const { header } = batch;
  const { baseOffset, lastOffset, magic: magicByte } = header;
  const batchContext = contextOf(header);
  const timestampOf = timestamps(header);
  const isSmall = lastOffset <= Number.MAX_SAFE_INTEGER;
  const base = Number(baseOffset);
  const reader = batch.reader(options);
  const { buffer, byteOffset } = reader.bytes;
  const bytesAt = (start: number, end: number) =>
    end < start ? null : Buffer.from(buffer, byteOffset + start, end - start);
  const messages: FetchedMessage[] = [];
  while (reader.next()) {
    messages.push({
      magicByte,
      // None of its bits is in use. It lies in front of the timestamp.
      attributes: reader.bytes[reader.timestampAt - 1]! << 24 >> 24,
      timestamp: timestampOf(reader),
      offset: String(
        isSmall
          ? base + reader.offsetDelta
          : baseOffset + BigInt(reader.offsetDelta),
      ),
      key: bytesAt(reader.keyStart, reader.keyEnd),
      value: bytesAt(reader.valueStart, reader.valueEnd),
      headers: reader.headerCount === 0 ? {} : toHeaders(reader.headers()),
      isControlRecord: false,
      batchContext,
    });
  }
  return messages;
}

/**
 * Makes a message that stands for an offset and holds nothing. KafkaJS goes on
 * after the last message of a fetch, and stays where it is without one.
 *
 * @param header The header of the batch that the offset is in.
 * @param offset The offset.
 * @returns The message, which KafkaJS takes for one of a control batch.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readBatchHeader } from "../log/record_batch_header.ts";
 * import { encodeRecordBatch } from "../log/record_batch_builder.ts";
 *
 * const header = readBatchHeader(encodeRecordBatch([{ value: "aborted" }]), 0);
 * const { offset, isControlRecord } = placeholderMessage(header, header.lastOffset);
 * assertEquals([offset, isControlRecord], ["0", true]);
 * ```
 */
export function placeholderMessage(
  header: RecordBatchHeader,
  offset: bigint,
): FetchedMessage {
  return {
    magicByte: header.magic,
    attributes: 0,
    timestamp: String(header.maxTimestamp),
    offset: String(offset),
    key: null,
    value: null,
    headers: {},
    isControlRecord: true,
    batchContext: contextOf(header),
  };
}

/** Most records of a batch have the timestamp of the one before. */
function timestamps(
  { timestampType, baseTimestamp, maxTimestamp }: RecordBatchHeader,
): (reader: RecordReader) => string {
  if (timestampType === "LogAppendTime") {
    const appended = String(maxTimestamp);
    return () => appended;
  }
  const sum = (delta: bigint) =>
    String(BigInt.asIntN(64, baseTimestamp + delta));
  let last = 0;
  let text = String(baseTimestamp);
  return (reader) => {
    const { timestampDelta } = reader;
    if (!Number.isSafeInteger(timestampDelta)) {
      return sum(reader.bigTimestampDelta());
    }
    if (timestampDelta !== last) {
      last = timestampDelta;
      text = sum(BigInt(timestampDelta));
    }
    return text;
  };
}

/** A name that repeats has a list of its values. */
function toHeaders(headers: RecordHeader[]): IHeaders {
  const values = new Map<string, (Buffer | null)[]>();
  for (const { key, value } of headers) {
    const bytes = value &&
      Buffer.from(value.buffer, value.byteOffset, value.length);
    const present = values.get(key);
    if (present) present.push(bytes);
    else values.set(key, [bytes]);
  }
  // KafkaJS's types leave out the null that it gives, too.
  return Object.fromEntries(
    [...values].map(([key, all]) => [key, all.length === 1 ? all[0]! : all]),
  ) as IHeaders;
}

function contextOf(header: RecordBatchHeader): BatchContext {
  return {
    firstOffset: String(header.baseOffset),
    firstTimestamp: String(header.baseTimestamp),
    partitionLeaderEpoch: header.partitionLeaderEpoch,
    inTransaction: header.isTransactional,
    isControlBatch: header.isControl,
    lastOffsetDelta: Number(header.lastOffset - header.baseOffset),
    producerId: String(header.producerId),
    producerEpoch: header.producerEpoch,
    firstSequence: header.baseSequence,
    maxTimestamp: String(header.maxTimestamp),
    timestampType: header.timestampType === "LogAppendTime" ? 1 : 0,
    magicByte: header.magic,
  };
}
