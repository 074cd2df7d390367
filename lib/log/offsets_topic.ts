import { Buffer } from "node:buffer";
import { ByteReader } from "./byte_reader.ts";
import { decodeGroupMetadata, type GroupMetadata } from "./group_metadata.ts";
import type { LogRecord } from "./record.ts";

/** What a consumer committed for a partition. */
export interface OffsetCommit {
  /** The offset of the record to go on with: one more than that of the last one processed. */
  offset: bigint;
  /** The epoch of the leader that sent that record; -1 if the client did not say. */
  leaderEpoch: number;
  /** A text that the consumer may add. */
  metadata: string;
  /** When it was committed, in milliseconds since 1970. */
  commitTimestamp: bigint;
  /** The topic's id, where the broker has noted it; else null. */
  topicId: string | null;
}

/** A record of `__consumer_offsets`, by what its key says. */
export type OffsetsTopicRecord =
  | {
    kind: "offset commit";
    group: string;
    topic: string;
    partition: number;
    /** Null if the offset was deleted, or expired after `offsets.retention.minutes`. */
    commit: OffsetCommit | null;
  }
  | {
    kind: "group metadata";
    group: string;
    /** Null if the group was deleted. */
    metadata: GroupMetadata | null;
  }
  | {
    /** What groups of the newer protocols (KIP-848, share groups, streams) note of themselves. */
    kind: "other";
    group: string | null;
    /** The name of Kafka's schema, such as `ConsumerGroupMetadata`, or `unknown 99`. */
    name: string;
    /** Whether it deletes what was noted before. */
    isTombstone: boolean;
  };

const OFFSET_COMMITS = [0, 1];
const GROUP_METADATA = 2;
const NEWEST_VALUE = 4;
const TOPIC_ID_TAG = 0;

/** The other keys of Kafka 4.3, by their versions. */
const OTHERS: Record<number, string> = {
  3: "ConsumerGroupMetadata",
  4: "ConsumerGroupPartitionMetadata",
  5: "ConsumerGroupMemberMetadata",
  6: "ConsumerGroupTargetAssignmentMetadata",
  7: "ConsumerGroupTargetAssignmentMember",
  8: "ConsumerGroupCurrentMemberAssignment",
  10: "ShareGroupMemberMetadata",
  11: "ShareGroupMetadata",
  12: "ShareGroupTargetAssignmentMetadata",
  13: "ShareGroupTargetAssignmentMember",
  14: "ShareGroupCurrentMemberAssignment",
  15: "ShareGroupStatePartitionMetadata",
  16: "ConsumerGroupRegularExpression",
  17: "StreamsGroupMetadata",
  19: "StreamsGroupMemberMetadata",
  20: "StreamsGroupTargetAssignmentMetadata",
  21: "StreamsGroupTargetAssignmentMember",
  22: "StreamsGroupCurrentMemberAssignment",
  23: "StreamsGroupTopology",
};

/**
 * Reads a record of `__consumer_offsets`, the topic in which brokers keep what
 * groups have committed, and their members. It is compacted: of each key, the
 * last record counts.
 *
 * @param record A record's key and value.
 * @returns What it says.
 * @throws {CorruptRecordError} If it is not such a record, or its value is newer than Kafka 4.3.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * // Version 1, group "g", topic "t", partition 2; its offset was deleted.
 * const key = Uint8Array.of(0, 1, 0, 1, 103, 0, 1, 116, 0, 0, 0, 2);
 *
 * assertEquals(decodeOffsetsRecord({ key, value: null }), {
 *   kind: "offset commit",
 *   group: "g",
 *   topic: "t",
 *   partition: 2,
 *   commit: null,
 * });
 * ```
 */
export function decodeOffsetsRecord(
  { key, value }: Pick<LogRecord, "key" | "value">,
): OffsetsTopicRecord {
  const reader = new ByteReader(key ?? new Uint8Array(), {
    what: "the key of a record of __consumer_offsets",
  });
  const version = reader.int16();
  if (OFFSET_COMMITS.includes(version)) {
    return {
      kind: "offset commit",
      group: reader.string(),
      topic: reader.string(),
      partition: reader.int32(),
      commit: value && decodeCommit(value),
    };
  }
  if (version === GROUP_METADATA) {
    const group = reader.string();
    const metadata = value && decodeGroupMetadata(value);
    return { kind: "group metadata", group, metadata };
  }
  const name = OTHERS[version];
  return {
    kind: "other",
    group: name === undefined ? null : reader.string(),
    name: name ?? `unknown ${version}`,
    isTombstone: value === null,
  };
}

function decodeCommit(value: Uint8Array): OffsetCommit {
  const reader = new ByteReader(value, { what: "a committed offset" });
  const version = reader.version(NEWEST_VALUE);
  const compact = version >= 4;
  const offset = reader.int64();
  const leaderEpoch = version >= 3 ? reader.int32() : -1;
  const metadata = reader.string({ compact });
  const commitTimestamp = reader.int64();
  if (version === 1) reader.int64(); // when it expires, which the broker's setting decides now
  const topicId = compact ? reader.taggedFields().get(TOPIC_ID_TAG) : undefined;
  return {
    offset,
    leaderEpoch,
    metadata,
    commitTimestamp,
    topicId: topicId ? Buffer.from(topicId).toString("base64url") : null,
  };
}
