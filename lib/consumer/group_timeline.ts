import type { Consumer } from "kafkajs";
import { type GroupEvent, watchGroupEvents } from "./group_events.ts";

/** Why a member no longer owned a partition. */
export type OwnershipEnd = "rebalance" | "left" | "crashed" | "killed";

/** A time in which one member owned one partition, in milliseconds since the timeline began. */
export interface Ownership {
  /** The member's name. */
  member: string;
  /** The topic's name. */
  topic: string;
  /** The partition's number. */
  partition: number;
  /** When the member was told that it has the partition. */
  fromMs: number;
  /** When it stopped working on it, or null while it owns it. */
  toMs: number | null;
  /** Why, or null while it owns it. */
  ended: OwnershipEnd | null;
}

/** Something that happened to a member at one moment. */
export interface GroupMoment {
  /** The member's name. */
  member: string;
  /** What happened, as {@linkcode GroupEvent} calls it. */
  type: GroupEvent["type"];
  /** When, in milliseconds since the timeline began. */
  atMs: number;
  /** Where, for a record that was processed. */
  topic?: string;
  /** Where, for a record that was processed. */
  partition?: number;
}

/** What a timeline knows at one moment. */
export interface TimelineData {
  /** Who owned which partition when, in order of their beginning. */
  ownerships: Ownership[];
  /** What happened, in order. */
  moments: GroupMoment[];
  /** How long the timeline is now, in milliseconds. */
  lengthMs: number;
}

/**
 * Records which member of a group owns which partition, and when: the data of
 * a picture in which a rebalance shows as a gap, in which nobody works.
 *
 * It tells what the members know. One that was ejected for its silence goes on
 * working until it notices, while another has its partitions already: the two
 * overlap here, as they do in truth.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * let now = 0;
 * const timeline = new GroupTimeline({ now: () => now });
 * timeline.record({ member: "A", type: "joined", assignment: { orders: [0] } });
 * now = 3_000;
 * timeline.record({ member: "A", type: "killed" });
 *
 * assertEquals(timeline.data().ownerships, [
 *   { member: "A", topic: "orders", partition: 0, fromMs: 0, toMs: 3_000, ended: "killed" },
 * ]);
 * ```
 */
export class GroupTimeline {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #ownerships: Ownership[] = [];
  readonly #moments: GroupMoment[] = [];
  readonly #listeners = new Set<() => void>();
  /** What a member's departure ended, in case a crash is told as its reason afterwards. */
  readonly #lastLeft = new Map<string, Ownership[]>();

  /** Begins a timeline, now. The clock is in milliseconds. */
  constructor(
    { now = () => performance.now() }: { now?: () => number } = {},
  ) {
    this.#now = now;
    this.#startedAt = now();
  }

  /**
   * Follows a consumer of KafkaJS from here on. Call it before `run()`.
   *
   * @param consumer The consumer.
   * @param member What to call it.
   * @returns Stops following.
   */
  watch(consumer: Consumer, member: string): () => void {
    return watchGroupEvents(consumer, member, (event) => this.record(event));
  }

  /** Adds an event that has happened just now, to a member that cannot be watched. */
  record(event: GroupEvent): void {
    const { member, type } = event;
    const atMs = this.#now() - this.#startedAt;
    const place = event.type === "processed"
      ? { topic: event.topic, partition: event.partition }
      : {};
    this.#moments.push({ member, type, atMs, ...place });
    if (event.type === "joined") this.#assign(member, event.assignment, atMs);
    if (type === "rebalancing") this.#end(member, "rebalance", atMs);
    if (type === "left") this.#leave(member, atMs);
    if (type === "killed") this.#end(member, "killed", atMs);
    if (type === "crashed") this.#crash(member, atMs);
    for (const listener of this.#listeners) listener();
  }

  /** What is known now: a copy, which later events do not change. */
  data(): TimelineData {
    return {
      ownerships: this.#ownerships.map((ownership) => ({ ...ownership })),
      moments: this.#moments.map((moment) => ({ ...moment })),
      lengthMs: this.#now() - this.#startedAt,
    };
  }

  /** Calls a function after each event, until the function returned here is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #open(member: string): Ownership[] {
    return this.#ownerships.filter((ownership) =>
      ownership.member === member && ownership.toMs === null
    );
  }

  #assign(
    member: string,
    assignment: Record<string, number[]>,
    atMs: number,
  ): void {
    this.#lastLeft.delete(member);
    const open = this.#open(member);
    const isAssigned = ({ topic, partition }: Ownership) =>
      assignment[topic]?.includes(partition) ?? false;
    for (const ownership of open) {
      if (!isAssigned(ownership)) close(ownership, "rebalance", atMs);
    }
    for (const [topic, partitions] of Object.entries(assignment)) {
      for (const partition of partitions) {
        const isOpen = open.some((ownership) =>
          ownership.topic === topic && ownership.partition === partition
        );
        if (isOpen) continue;
        this.#ownerships.push({
          ...{ member, topic, partition },
          ...{ fromMs: atMs, toMs: null, ended: null },
        });
      }
    }
  }

  #end(member: string, ended: OwnershipEnd, atMs: number): Ownership[] {
    const open = this.#open(member);
    for (const ownership of open) close(ownership, ended, atMs);
    return open;
  }

  #leave(member: string, atMs: number): void {
    const ended = this.#end(member, "left", atMs);
    if (ended.length > 0) this.#lastLeft.set(member, ended);
  }

  /** KafkaJS stops a crashed consumer first, and says afterwards that it has crashed. */
  #crash(member: string, atMs: number): void {
    for (const ownership of this.#lastLeft.get(member) ?? []) {
      ownership.ended = "crashed";
    }
    this.#end(member, "crashed", atMs);
  }
}

function close(ownership: Ownership, ended: OwnershipEnd, atMs: number): void {
  ownership.toMs = atMs;
  ownership.ended = ended;
}

/** What a group's changes cost, as {@linkcode movesOf} counts it. */
export interface Moves {
  /** How often a partition got another owner. */
  moved: number;
  /** How often a partition was taken from a member and given back to the same. */
  returned: number;
  /** How long partitions had no owner between two, all together, in milliseconds. */
  idleMs: number;
}

/**
 * Counts how often partitions changed hands, and how long they were without
 * an owner.
 *
 * @param ownerships Who owned what, as {@linkcode GroupTimeline.data} tells it.
 * @returns The counts.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const place = { topic: "orders", partition: 0, ended: null };
 * const moves = movesOf([
 *   { ...place, member: "A", fromMs: 0, toMs: 100 },
 *   { ...place, member: "A", fromMs: 130, toMs: 200 },
 *   { ...place, member: "B", fromMs: 250, toMs: null },
 * ]);
 * assertEquals(moves, { moved: 1, returned: 1, idleMs: 80 });
 * ```
 */
export function movesOf(ownerships: Ownership[]): Moves {
  const moves: Moves = { moved: 0, returned: 0, idleMs: 0 };
  const byPartition = Map.groupBy(
    ownerships,
    ({ topic, partition }) => `${topic} ${partition}`,
  );
  for (const owners of byPartition.values()) {
    owners.sort((a, b) => a.fromMs - b.fromMs);
    for (const [index, next] of owners.entries()) {
      const last = owners[index - 1];
      if (last === undefined) continue;
      if (last.member === next.member) moves.returned++;
      else moves.moved++;
      moves.idleMs += Math.max(0, next.fromMs - (last.toMs ?? next.fromMs));
    }
  }
  return moves;
}
