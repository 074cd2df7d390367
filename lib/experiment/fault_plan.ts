import type { ApiName } from "../client/api_key.ts";
import type { KillAt } from "./child_consumer.ts";
import type { ClusterNode } from "../faults/cluster_nodes.ts";
import { type Random, random } from "./random.ts";

/** A node that is killed, frozen or restarted, and for how long it is away. */
export interface NodeStep {
  series: "nodes";
  atMs: number;
  kind: "kill" | "freeze" | "restart";
  node: ClusterNode;
  forMs: number;
  /** The numbers of topics that need all their replicas meanwhile, so that they cannot be written. */
  unwritable: number[];
}

/** Whose connections: the producer's, the consumer groups', or the transactional loop's. */
export type WireName = "producer" | "consumers" | "transactions";

/** A fault of the network, in the next requests of a kind. */
export interface WireStep {
  series: "wires";
  atMs: number;
  kind:
    | "lose the request"
    | "lose the response"
    | "cut before the request"
    | "cut before the response"
    | "delay the response"
    | "fall silent";
  wire: WireName;
  apiKey: ApiName;
  times: number;
  /** For delays. */
  delayMs: number;
}

/** The groups whose consumers crash. */
export const GROUPS = [
  "by batch",
  "in background",
  "by key",
  "transactional",
] as const;
/** One of them. */
export type GroupName = typeof GROUPS[number];

/**
 * A consumer's process that is killed: the group's steady member, wherever it
 * is, or a visitor that joins and dies at a labelled point of a chosen record.
 */
export interface CrashStep {
  series: "crashes";
  atMs: number;
  group: GroupName;
  killAt: KillAt | "now";
}

/** Something that goes wrong. */
export type Step = NodeStep | WireStep | CrashStep;

/** No fault begins before, when all clients have begun to work, */
const FIRST_MS = 4_000;
/** nor in the last part, which is for the way back. */
const QUIET_MS = 20_000;
/** Far from the seeds of the other sequences. */
const UNWRITABLE_SEED = -1_000_003;

const APIS: Record<WireName, ApiName[]> = {
  producer: ["Produce", "Produce", "Metadata"],
  consumers: ["Fetch", "OffsetCommit", "Heartbeat", "JoinGroup", "OffsetFetch"],
  transactions: [
    ...["Produce", "EndTxn", "TxnOffsetCommit", "AddOffsetsToTxn"] as const,
    ...["AddPartitionsToTxn", "InitProducerId", "Fetch"] as const,
  ],
};
const WIRE_KINDS: WireStep["kind"][] = [
  "lose the request",
  "lose the response",
  "cut before the request",
  "cut before the response",
  "delay the response",
  "fall silent",
];
const POINTS: Record<"plain" | "transactional", KillAt["when"][]> = {
  plain: ["received", "processed", "committed"],
  transactional: [
    ...["received", "offsets sent", "sent"] as const,
    ...["commit asked", "committed"] as const,
  ],
};

/** What a plan is made for, besides its length. */
export interface PlanOptions {
  /** How many topics are produced to, numbered from 1. 1 by default. */
  topics?: number;
  /** How many of them, the last ones, cannot be written from time to time. None by default. */
  unwritable?: number;
}

/**
 * Makes the plan of a soak: what goes wrong when. The same seed, minutes and
 * topics give the same plan, on any machine. Of nodes one is away at a time,
 * as more would stop the cluster and not test it; the network and the consumers
 * have their faults meanwhile.
 *
 * @param seed Any whole number.
 * @param minutes How long the soak is.
 * @param options How many topics there are, and how many cannot be written at times.
 * @returns The steps in order of time.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(makePlan(7, 2), makePlan(7, 2));
 * ```
 */
export function makePlan(
  seed: number,
  minutes: number,
  { topics = 1, unwritable = 0 }: PlanOptions = {},
): Step[] {
  const endMs = minutes * 60_000 - Math.min(QUIET_MS, minutes * 20_000);
  const candidates = Array.from(
    { length: unwritable },
    (_, i) => topics - unwritable + 1 + i,
  );
  // A sequence of chance for each series, so that a change to one leaves the others as they are.
  const steps: Step[] = [
    ...nodeSteps(random(seed * 3), endMs, {
      candidates,
      chance: random(UNWRITABLE_SEED - seed),
    }),
    ...wireSteps(random(seed * 3 + 1), endMs),
    ...crashSteps(random(seed * 3 + 2), endMs),
  ];
  return steps.toSorted((a, b) => a.atMs - b.atMs);
}

/** Each of them once before any of them again, in an order of chance. */
function* inTurns<T>(all: readonly T[], chance: Random): Generator<T, never> {
  while (true) {
    const left = [...all];
    while (left.length > 0) yield left.splice(chance.below(left.length), 1)[0]!;
  }
}

function between(chance: Random, from: number, to: number): number {
  return from + chance.below(to - from + 1);
}

function nodeSteps(
  chance: Random,
  endMs: number,
  topics: { candidates: number[]; chance: Random },
): NodeStep[] {
  const kinds = inTurns(
    ["kill", "freeze", "restart", "kill controller"] as const,
    chance,
  );
  const brokers = inTurns([1, 2, 3], chance);
  const steps: NodeStep[] = [];
  let atMs = FIRST_MS;
  while (true) {
    const next = kinds.next().value;
    const node = next === "kill controller"
      ? "controller"
      : brokers.next().value;
    const kind = next === "kill controller" ? "kill" : next;
    // Sessions are 6 s: some faults are noticed by the controller, some are not.
    const shortMs = kind === "restart" ? 0 : between(chance, 2_000, 12_000);
    const unwritable = kind === "restart" || node === "controller"
      ? []
      : topics.candidates.filter(() => topics.chance.chance(0.4));
    // Long enough for the broker's session to end, and for others to have to wait if they did.
    const forMs = unwritable.length === 0
      ? shortMs
      : between(topics.chance, 20_000, 30_000);
    if (atMs + forMs > endMs) return steps;
    steps.push({ series: "nodes", atMs, kind, node, forMs, unwritable });
    atMs += forMs + between(chance, 8_000, 14_000);
  }
}

function wireSteps(chance: Random, endMs: number): WireStep[] {
  const kinds = inTurns(WIRE_KINDS, chance);
  const wires = inTurns(
    ["producer", "producer", "consumers", "transactions"] as const,
    chance,
  );
  const steps: WireStep[] = [];
  let atMs = FIRST_MS;
  while (atMs < endMs) {
    const wire = wires.next().value;
    steps.push({
      series: "wires",
      atMs,
      kind: kinds.next().value,
      wire,
      apiKey: chance.pick(APIS[wire]),
      times: between(chance, 1, 3),
      delayMs: between(chance, 100, 4_000),
    });
    atMs += between(chance, 1_500, 4_000);
  }
  return steps;
}

function crashSteps(chance: Random, endMs: number): CrashStep[] {
  const groups = inTurns(GROUPS, chance);
  const steps: CrashStep[] = [];
  let atMs = FIRST_MS + 2_000;
  while (atMs < endMs) {
    const group = groups.next().value;
    const points = POINTS[group === "transactional" ? group : "plain"];
    const killAt = chance.chance(0.4)
      ? "now" as const
      : { record: between(chance, 1, 60), when: chance.pick(points) };
    steps.push({ series: "crashes", atMs, group, killAt });
    atMs += between(chance, 4_000, 8_000);
  }
  return steps;
}

/**
 * A step as a person reads it: "freeze broker 2 for 7.4 s".
 *
 * @param step The step.
 * @returns The text.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const text = stepText({
 *   ...{ series: "nodes", atMs: 0, kind: "freeze", node: 2 },
 *   ...{ forMs: 7_400, unwritable: [] },
 * });
 * assertEquals(text, "freeze broker 2 for 7.4 s");
 * ```
 */
export function stepText(step: Step): string {
  if (step.series === "nodes") {
    const { kind, node, forMs, unwritable } = step;
    const name = node === "controller" ? "the controller" : `broker ${node}`;
    const away = kind === "restart"
      ? ""
      : ` for ${(forMs / 1000).toFixed(1)} s`;
    const topics = unwritable.length === 0
      ? ""
      : `, topic${unwritable.length > 1 ? "s" : ""} ${
        unwritable.join(" and ")
      } unwritable meanwhile`;
    return `${kind} ${name}${away}${topics}`;
  }
  if (step.series === "wires") {
    const { kind, wire, apiKey, times, delayMs } = step;
    const by = kind === "delay the response" ? ` by ${delayMs} ms` : "";
    return `${kind}${by}: ${apiKey} × ${times} of the ${
      wire === "transactions" ? "transactional loop" : wire
    }`;
  }
  const { group, killAt } = step;
  return killAt === "now"
    ? `kill the consumer '${group}'`
    : `kill a second consumer '${group}' at its record ${killAt.record}, ${killAt.when}`;
}
