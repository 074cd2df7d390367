import { assertEquals, assertThrows } from "@std/assert";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import { decodeControlRecord } from "lib/log/control_record.ts";
import { decodeOffsetsRecord } from "lib/log/offsets_topic.ts";

// Written by hand after Kafka's schemas; records of real groups are in tests/broker.
const text = (value: string) => [
  0,
  value.length,
  ...new TextEncoder().encode(value),
];
const compact = (value: string) => [
  value.length + 1,
  ...new TextEncoder().encode(value),
];
const int16 = (value: number) => [value >> 8 & 255, value & 255];
const int32 = (value: number) => [...int16(value >> 16), ...int16(value)];
const int64 = (value: number) => [...int32(0), ...int32(value)];
const bytes = (...parts: number[][]) => Uint8Array.from(parts.flat());

const KEY = bytes(int16(1), text("group"), text("orders"), int32(2));
const TIME = 1_000_000;

const commits: [version: number, value: Uint8Array, leaderEpoch: number][] = [
  [0, bytes(int16(0), int64(42), text("note"), int64(TIME)), -1],
  [1, bytes(int16(1), int64(42), text("note"), int64(TIME), int64(9)), -1],
  [2, bytes(int16(2), int64(42), text("note"), int64(TIME)), -1],
  [3, bytes(int16(3), int64(42), int32(5), text("note"), int64(TIME)), 5],
  [
    4,
    bytes(int16(4), int64(42), int32(5), compact("note"), int64(TIME), [0]),
    5,
  ],
];
for (const [version, value, leaderEpoch] of commits) {
  Deno.test(`decodeOffsetsRecord() reads a commit of version ${version}`, () => {
    for (const keyVersion of [0, 1]) {
      const key = Uint8Array.from(KEY);
      key[1] = keyVersion;
      assertEquals(decodeOffsetsRecord({ key, value }), {
        kind: "offset commit",
        group: "group",
        topic: "orders",
        partition: 2,
        commit: {
          offset: 42n,
          leaderEpoch,
          metadata: "note",
          commitTimestamp: BigInt(TIME),
          topicId: null,
        },
      });
    }
  });
}

Deno.test("decodeOffsetsRecord() reads the topic's id among fields it does not know", () => {
  const id = Array.from({ length: 16 }, (_, i) => i);
  const value = bytes(
    int16(4),
    int64(42),
    int32(5),
    compact(""),
    int64(TIME),
    [2, 0, 16, ...id, 7, 3, 1, 2, 3],
  );
  const record = decodeOffsetsRecord({ key: KEY, value });
  assertEquals(
    record.kind === "offset commit" && record.commit?.topicId,
    "AAECAwQFBgcICQoLDA0ODw",
  );
});

const subscription = bytes(int16(1), int32(2), text("orders"), text("users"));
const assignment = bytes(
  int16(1),
  int32(1),
  text("orders"),
  int32(2),
  int32(0),
  int32(2),
);
const member = (version: number) => {
  const write = version >= 4 ? compact : text;
  const size = (part: Uint8Array) =>
    version >= 4 ? [part.length + 1] : int32(part.length);
  return [
    ...write("member-1"),
    ...(version >= 3 ? write("static-1") : []),
    ...write("client"),
    ...write("/127.0.0.1"),
    ...(version >= 1 ? int32(60_000) : []),
    ...int32(30_000),
    ...size(subscription),
    ...subscription,
    ...size(assignment),
    ...assignment,
    ...(version >= 4 ? [0] : []),
  ];
};
const GROUP_KEY = bytes(int16(2), text("group"));

for (let version = 0; version <= 4; version++) {
  Deno.test(`decodeOffsetsRecord() reads a group of version ${version} with its members`, () => {
    const write = version >= 4 ? compact : text;
    const value = bytes(
      int16(version),
      write("consumer"),
      int32(7),
      write("RoundRobinAssigner"),
      write("member-1"),
      version >= 2 ? int64(TIME) : [],
      version >= 4 ? [3] : int32(2),
      member(version),
      member(version),
      version >= 4 ? [0] : [],
    );
    const member1 = {
      memberId: "member-1",
      groupInstanceId: version >= 3 ? "static-1" : null,
      clientId: "client",
      clientHost: "/127.0.0.1",
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: version >= 1 ? 60_000 : -1,
      topics: ["orders", "users"],
      assignment: { orders: [0, 2] },
    };
    assertEquals(decodeOffsetsRecord({ key: GROUP_KEY, value }), {
      kind: "group metadata",
      group: "group",
      metadata: {
        protocolType: "consumer",
        generation: 7,
        assignor: "RoundRobinAssigner",
        leader: "member-1",
        currentStateTimestamp: version >= 2 ? BigInt(TIME) : -1n,
        members: [member1, member1],
      },
    });
  });
}

Deno.test("decodeOffsetsRecord() names the records of newer protocols, and passes over unknown ones", () => {
  const name = (version: number, value: Uint8Array | null = bytes([0])) =>
    decodeOffsetsRecord({ key: bytes(int16(version), text("group")), value });
  assertEquals(name(3), {
    kind: "other",
    group: "group",
    name: "ConsumerGroupMetadata",
    isTombstone: false,
  });
  assertEquals(name(99, null), {
    kind: "other",
    group: null,
    name: "unknown 99",
    isTombstone: true,
  });
});

Deno.test("decodeOffsetsRecord() of anything cut off, or newer, is an error with its place", () => {
  for (let size = 0; size < KEY.length; size++) {
    const key = KEY.subarray(0, size);
    assertThrows(
      () => decodeOffsetsRecord({ key, value: null }),
      CorruptRecordError,
    );
  }
  for (const [, value] of commits) {
    for (let size = 0; size < value.length; size++) {
      const cut = value.subarray(0, size);
      assertThrows(
        () => decodeOffsetsRecord({ key: KEY, value: cut }),
        CorruptRecordError,
      );
    }
  }
  assertThrows(
    () => decodeOffsetsRecord({ key: KEY, value: bytes(int16(5), int64(1)) }),
    CorruptRecordError,
    "Cannot read a committed offset: at byte 0 expected a version from 0 to 4, found 5",
  );
  assertThrows(
    () => decodeOffsetsRecord({ key: null, value: null }),
    CorruptRecordError,
    "the key of a record of __consumer_offsets: at byte 0 expected a 16-bit integer, found the end",
  );
});

Deno.test("decodeControlRecord() tells a commit, an abort and what it does not know", () => {
  const read = (type: number, value: Uint8Array | null) =>
    decodeControlRecord({ key: bytes(int16(0), int16(type)), value });
  const marker = bytes(int16(0), int32(3));
  assertEquals(read(0, marker), { type: "ABORT", coordinatorEpoch: 3 });
  assertEquals(read(1, marker), { type: "COMMIT", coordinatorEpoch: 3 });
  assertEquals(read(2, null), {
    type: "LEADER_CHANGE",
    coordinatorEpoch: null,
  });
  assertEquals(read(-1, null), { type: "UNKNOWN", coordinatorEpoch: null });
  assertThrows(
    () => read(1, null),
    CorruptRecordError,
    "the value of a transaction's marker",
  );
});
