import { ByteReader } from "./byte_reader.ts";

/** What a group's coordinator has noted of it when a rebalance ended. */
export interface GroupMetadata {
  /** `consumer` for groups of consumers. */
  protocolType: string;
  /** How many rebalances there were. */
  generation: number;
  /** The assignor that the members agreed on, or null without members. */
  assignor: string | null;
  /** The id of the member that assigned the partitions, or null without members. */
  leader: string | null;
  /** When the group came into its state, in milliseconds since 1970, -1 for unknown. */
  currentStateTimestamp: bigint;
  members: GroupMember[];
}

/** A member of a group and what it was assigned. */
export interface GroupMember {
  memberId: string;
  /** Its `group.instance.id`, if it is a static member. */
  groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  /** The topics it asked for. */
  topics: string[];
  /** Its partitions, by topic. */
  assignment: Record<string, number[]>;
}

const NEWEST = 4;

/**
 * Reads the value of a group's record in `__consumer_offsets`: its members, and
 * what each was assigned by the classic protocol. The broker keeps it
 * so that another coordinator can take over.
 *
 * @param value The record's value.
 * @returns The group.
 * @throws {CorruptRecordError} If it is not a group's record, or newer than Kafka 4.3.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * // Version 0, "consumer", generation 1, no assignor, no leader, no members.
 * const text = [...new TextEncoder().encode("consumer")];
 * const empty = Uint8Array.of(0, 0, 0, 8, ...text, 0, 0, 0, 1, 255, 255, 255, 255, 0, 0, 0, 0);
 *
 * assertEquals(decodeGroupMetadata(empty).members, []);
 * ```
 */
export function decodeGroupMetadata(value: Uint8Array): GroupMetadata {
  const reader = new ByteReader(value, { what: "a group's metadata" });
  const version = reader.version(NEWEST);
  const compact = version >= 4;
  const protocolType = reader.string({ compact });
  return {
    protocolType,
    generation: reader.int32(),
    assignor: reader.nullableString({ compact }),
    leader: reader.nullableString({ compact }),
    currentStateTimestamp: version >= 2 ? reader.int64() : -1n,
    members: reader.array(
      () => readMember(reader, version, protocolType === "consumer"),
      { compact },
    ),
  };
}

function readMember(
  reader: ByteReader,
  version: number,
  isConsumer: boolean,
): GroupMember {
  const compact = version >= 4;
  const member = {
    memberId: reader.string({ compact }),
    groupInstanceId: version >= 3 ? reader.nullableString({ compact }) : null,
    clientId: reader.string({ compact }),
    clientHost: reader.string({ compact }),
  };
  const rebalanceTimeoutMs = version >= 1 ? reader.int32() : -1;
  const sessionTimeoutMs = reader.int32();
  const subscription = reader.nullableBytes({ compact });
  const assignment = reader.nullableBytes({ compact });
  if (compact) reader.taggedFields();
  // Connect and others use groups, too, with bytes of their own.
  return {
    ...member,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    topics: isConsumer ? readTopics(subscription) : [],
    assignment: isConsumer ? readAssignment(assignment) : {},
  };
}

/** What the consumers of a group say to each other begins with a version; all versions begin alike. */
function readTopics(bytes: Uint8Array | null): string[] {
  if (!bytes?.length) return [];
  const reader = new ByteReader(bytes, { what: "a member's subscription" });
  reader.int16();
  return reader.array(() => reader.string());
}

function readAssignment(bytes: Uint8Array | null): Record<string, number[]> {
  if (!bytes?.length) return {};
  const reader = new ByteReader(bytes, { what: "a member's assignment" });
  reader.int16();
  return Object.fromEntries(reader.array(() => [
    reader.string(),
    reader.array(() => reader.int32()),
  ]));
}
