import { assertEquals } from "@std/assert";
import type { Consumer } from "kafkajs";
import {
  GroupTimeline,
  type Ownership,
} from "lib/experiment/group_timeline.ts";

/** A timeline with a clock that a test sets. */
function timelineAt() {
  const clock = { now: 1_000 };
  const timeline = new GroupTimeline({ now: () => clock.now });
  return { timeline, at: (ms: number) => void (clock.now = 1_000 + ms) };
}

/** "A 0 0-100 rebalance": member, partition, time, end. */
function told({ member, partition, fromMs, toMs, ended }: Ownership): string {
  return `${member} ${partition} ${fromMs}-${toMs ?? ""} ${ended ?? "owns"}`;
}

/** The events of a consumer, emitted by hand. */
function emitter() {
  const listeners = new Map<string, Set<(event: unknown) => void>>();
  const events = {
    GROUP_JOIN: "join",
    REBALANCING: "rebalancing",
    STOP: "stop",
    DISCONNECT: "disconnect",
    CRASH: "crash",
  };
  const on = (name: string, listener: (event: unknown) => void) => {
    const all = listeners.get(name) ?? new Set();
    listeners.set(name, all.add(listener));
    return () => all.delete(listener);
  };
  const emit = (name: keyof typeof events, payload: unknown = {}) =>
    listeners.get(events[name])?.forEach((listener) => listener({ payload }));
  return { consumer: { events, on } as unknown as Consumer, emit };
}

Deno.test("GroupTimeline shows a rebalance as a gap between two owners", () => {
  const { timeline, at } = timelineAt();
  const assignment = { orders: [0, 1] };
  timeline.record({ member: "A", type: "joined", assignment });
  at(100);
  timeline.record({ member: "A", type: "rebalancing" });
  at(130);
  timeline.record({ member: "A", type: "joined", assignment: { orders: [0] } });
  timeline.record({ member: "B", type: "joined", assignment: { orders: [1] } });
  at(200);
  const { ownerships, lengthMs } = timeline.data();
  assertEquals(lengthMs, 200);
  assertEquals(ownerships.map(told), [
    "A 0 0-100 rebalance",
    "A 1 0-100 rebalance",
    "A 0 130- owns",
    "B 1 130- owns",
  ]);
});

Deno.test("GroupTimeline goes on with a partition that a new assignment keeps", () => {
  const { timeline, at } = timelineAt();
  timeline.record({
    member: "A",
    type: "joined",
    assignment: { orders: [0, 1] },
  });
  at(50);
  timeline.record({
    member: "A",
    type: "joined",
    assignment: { orders: [1], bills: [1] },
  });
  assertEquals(timeline.data().ownerships.map(told), [
    "A 0 0-50 rebalance",
    "A 1 0- owns",
    "A 1 50- owns",
  ]);
});

Deno.test("GroupTimeline lets a member own what another was given already", () => {
  const { timeline, at } = timelineAt();
  const assignment = { orders: [0] };
  timeline.record({ member: "slow", type: "joined", assignment });
  at(60);
  timeline.record({ member: "B", type: "joined", assignment });
  at(90);
  timeline.record({ member: "slow", type: "rebalancing" });
  assertEquals(timeline.data().ownerships.map(told), [
    "slow 0 0-90 rebalance",
    "B 0 60- owns",
  ]);
});

Deno.test("GroupTimeline.watch() follows a consumer of KafkaJS", () => {
  const { timeline, at } = timelineAt();
  const { consumer, emit } = emitter();
  const unwatch = timeline.watch(consumer, "A");
  emit("GROUP_JOIN", { memberAssignment: { orders: [0] } });
  at(10);
  emit("REBALANCING");
  at(20);
  emit("GROUP_JOIN", { memberAssignment: { orders: [0] } });
  at(30);
  emit("STOP");
  at(40);
  emit("DISCONNECT");
  unwatch();
  emit("GROUP_JOIN", { memberAssignment: { orders: [0] } });
  const { ownerships, moments } = timeline.data();
  assertEquals(ownerships.map(told), ["A 0 0-10 rebalance", "A 0 20-30 left"]);
  assertEquals(moments.map(({ type, atMs }) => `${type} ${atMs}`), [
    "joined 0",
    "rebalancing 10",
    "joined 20",
    "left 30",
  ]);
});

Deno.test("GroupTimeline.watch() tells a crash from a leave, though KafkaJS stops first", () => {
  const { timeline, at } = timelineAt();
  const { consumer, emit } = emitter();
  timeline.watch(consumer, "A");
  emit("GROUP_JOIN", { memberAssignment: { orders: [0] } });
  at(30);
  emit("STOP");
  emit("DISCONNECT");
  at(31);
  emit("CRASH");
  at(50);
  emit("GROUP_JOIN", { memberAssignment: { orders: [0] } });
  at(70);
  emit("STOP");
  assertEquals(timeline.data().ownerships.map(told), [
    "A 0 0-30 crashed",
    "A 0 50-70 left",
  ]);
});

Deno.test("GroupTimeline shows by its new id that a member was removed, though it gets back what it had", () => {
  const { timeline, at } = timelineAt();
  const joined = (memberId: string, orders: number[]) =>
    timeline.record({
      ...{ member: "A", type: "joined", memberId },
      assignment: { orders },
    });
  joined("A-1", [0, 1]);
  at(50);
  joined("A-1", [0]); // the same member in a rebalance
  at(90);
  joined("A-2", [0]);
  assertEquals(timeline.data().ownerships.map(told), [
    "A 0 0-90 removed",
    "A 1 0-50 rebalance",
    "A 0 90- owns",
  ]);
});

Deno.test("GroupTimeline.joins() counts a member's joins from a moment on", () => {
  const { timeline, at } = timelineAt();
  const joined = (member: string) =>
    timeline.record({ member, type: "joined", assignment: {} });
  joined("A");
  at(50);
  joined("A");
  joined("B");
  timeline.record({ member: "A", type: "left" });
  assertEquals([timeline.joins("A"), timeline.joins("B")], [2, 1]);
  assertEquals([timeline.joins("A", 50), timeline.joins("A", 51)], [1, 0]);
  assertEquals(timeline.joins("C"), 0);
});

Deno.test("GroupTimeline.record() keeps where records were processed", () => {
  const { timeline, at } = timelineAt();
  at(5);
  timeline.record({
    member: "A",
    type: "processed",
    topic: "orders",
    partition: 2,
  });
  assertEquals(timeline.data().moments, [
    { member: "A", type: "processed", atMs: 5, topic: "orders", partition: 2 },
  ]);
});

Deno.test("GroupTimeline.data() is a copy, and onChange() tells of each event until it is ended", () => {
  const { timeline, at } = timelineAt();
  let changes = 0;
  const end = timeline.onChange(() => changes++);
  timeline.record({ member: "A", type: "joined", assignment: { orders: [0] } });
  const before = timeline.data();
  at(10);
  timeline.record({ member: "A", type: "killed" });
  end();
  timeline.record({ member: "A", type: "left" });
  assertEquals(changes, 2);
  assertEquals(before.ownerships.map(told), ["A 0 0- owns"]);
  assertEquals(timeline.data().ownerships.map(told), ["A 0 0-10 killed"]);
});
