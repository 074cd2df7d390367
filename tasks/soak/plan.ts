import type { ApiName } from "lib/client/api_key.ts";
import type { KillAt } from "lib/consumer/child_consumer.ts";
import type { ClusterNode } from "lib/cluster/cluster_nodes.ts";
import { random } from "../random.ts";

/** A node that is killed, frozen or restarted, and for how long it is away. */
export interface NodeStep {
  lane: "nodes";
  atMs: number;
  kind: "kill" | "freeze" | "restart";
  node: ClusterNode;
  forMs: number;
}

/** Whose connections: the producer's, the consumer groups', or the transactional loop's. */
export type WireName = "producer" | "consumers" | "transactions";

/** A fault of the network, in the next requests of a kind. */
export interface WireStep {
  lane: "wires";
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
export type GroupName = typeof GROUPS[number];

/**
 * A consumer's process that is killed: the group's steady member, wherever it
 * is, or a visitor that joins and dies at a labelled point of a chosen record.
 */
export interface CrashStep {
  lane: "crashes";
  atMs: number;
  group: GroupName;
  killAt: KillAt | "now";
}

export type Step = NodeStep | WireStep | CrashStep;

/** No fault begins before, when all clients have begun to work, */
const FIRST_MS = 4_000;
/** nor in the last part, which is for the way back. */
const QUIET_MS = 20_000;

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

/**
 * Makes the plan of a soak: what goes wrong when. The same seed and the same
 * minutes give the same plan, on any machine. Of nodes one is away at a time,
 * as more would stop the cluster and not test it; the network and the consumers
 * have their faults meanwhile.
 *
 * @param seed Any whole number.
 * @param minutes How long the soak is.
 * @returns The steps in order of time.
 */
export function makePlan(seed: number, minutes: number): Step[] {
  const endMs = minutes * 60_000 - Math.min(QUIET_MS, minutes * 20_000);
  // A sequence of chance for each lane, so that a change to one leaves the others as they are.
  const steps: Step[] = [
    ...nodeSteps(random(seed * 3), endMs),
    ...wireSteps(random(seed * 3 + 1), endMs),
    ...crashSteps(random(seed * 3 + 2), endMs),
  ];
  return steps.toSorted((a, b) => a.atMs - b.atMs);
}

type Random = ReturnType<typeof random>;

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

function nodeSteps(chance: Random, endMs: number): NodeStep[] {
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
    const forMs = kind === "restart" ? 0 : between(chance, 2_000, 12_000);
    if (atMs + forMs > endMs) return steps;
    steps.push({ lane: "nodes", atMs, kind, node, forMs });
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
      lane: "wires",
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
    steps.push({ lane: "crashes", atMs, group, killAt });
    atMs += between(chance, 4_000, 8_000);
  }
  return steps;
}

/** A step as a person reads it: "freeze broker 2 for 7.4 s". */
export function stepText(step: Step): string {
  if (step.lane === "nodes") {
    const { kind, node, forMs } = step;
    const name = node === "controller" ? "the controller" : `broker ${node}`;
    const away = kind === "restart"
      ? ""
      : ` for ${(forMs / 1000).toFixed(1)} s`;
    return `${kind} ${name}${away}`;
  }
  if (step.lane === "wires") {
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
