import type { Consumer } from "kafkajs";
import { type GroupEvent, watchGroupEvents } from "./group_events.ts";

/** Why a member no longer owned a partition. */
export type OwnershipEnd =
  | "rebalance"
  | "left"
  | "removed"
  | "crashed"
  | "killed";

/** A time in which one member owned one partition, in milliseconds since the timeline began. */
export interface Ownership {
  /** The member's name. */
  member: string;
  /** The topic's name. */
  topic: string;
  /** The partition's number. */
  partition: number;
  /** When the member learned that it has the partition. */
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

/** What a timeline holds at one moment. */
export interface TimelineData {
  /** Which member owned which partition when, in the order in which that began. */
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
 * It shows what the members know. One that was removed for its silence goes on
 * working until it notices, while another already has its partitions: the two
 * overlap here, as they do in fact. KafkaJS does not say that a member was
 * removed: it shows by its next join, under another id, and until then it
 * believes that it owns what it had.
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
  /** What a member's departure ended, in case a crash is reported as its reason afterwards. */
  readonly #lastLeft = new Map<string, Ownership[]>();
  /** The id under which a member joined last, as far as it is known. */
  readonly #memberIds = new Map<string, string>();

  /**
   * Begins a timeline, now.
   *
   * @param options `now`: a clock in milliseconds, `performance.now()` by default.
   */
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
   * @returns A function that ends the following.
   */
  watch(consumer: Consumer, member: string): () => void {
    return watchGroupEvents(consumer, member, (event) => this.record(event));
  }

  /**
   * Adds an event that has just happened to a member that cannot be watched.
   *
   * @param event The event.
   */
  record(event: GroupEvent): void {
    const { member, type } = event;
    const atMs = this.#now() - this.#startedAt;
    const place = event.type === "processed"
      ? { topic: event.topic, partition: event.partition }
      : {};
    this.#moments.push({ member, type, atMs, ...place });
    if (event.type === "joined") {
      const { assignment, memberId } = event;
      if (this.#isNewMember(member, memberId)) {
        this.#end(member, "removed", atMs);
      }
      this.#assign(member, assignment, atMs);
    }
    if (type === "rebalancing") this.#end(member, "rebalance", atMs);
    if (type === "left") this.#leave(member, atMs);
    if (type === "killed") this.#end(member, "killed", atMs);
    if (type === "crashed") this.#crash(member, atMs);
    for (const listener of this.#listeners) listener();
  }

  /**
   * What is known now.
   *
   * @returns A copy, which later events do not change.
   */
  data(): TimelineData {
    return {
      ownerships: this.#ownerships.map((ownership) => ({ ...ownership })),
      moments: this.#moments.map((moment) => ({ ...moment })),
      lengthMs: this.#now() - this.#startedAt,
    };
  }

  /**
   * How often a member has joined, that is, how often it was given partitions.
   *
   * @param member The member's name.
   * @param afterMs From when on to count, in milliseconds since the timeline began (default 0).
   * @returns The number of its joins.
   */
  joins(member: string, afterMs = 0): number {
    return this.#moments.filter((moment) =>
      moment.member === member && moment.type === "joined" &&
      moment.atMs >= afterMs
    ).length;
  }

  /**
   * Calls a function after each event.
   *
   * @param listener The function.
   * @returns A function that ends the calls.
   */
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

  /** Whether a member joins under another id than before. */
  #isNewMember(member: string, memberId: string | undefined): boolean {
    if (memberId === undefined) return false;
    const before = this.#memberIds.get(member);
    this.#memberIds.set(member, memberId);
    return before !== undefined && before !== memberId;
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
