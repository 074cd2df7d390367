import { pause } from "../client/interrupt.ts";
import type { ClusterGuard } from "../faults/cluster_guard.ts";
import type { FaultRule, SocketFaults } from "../faults/socket_faults.ts";
import type { NodeStep, Step, WireStep } from "./fault_plan.ts";

/**
 * Follows a plan: its series of steps side by side, the steps of each one after
 * another, at their times or as soon afterwards as the step before is over.
 *
 * @param steps The plan, or a part of it.
 * @param act What to do at a step. The next one of its series waits for it.
 * @param options What ends it early.
 * @param options.signal When aborted, no further step begins.
 * @throws {Error} What `act` throws, or what the signal was aborted with.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { makePlan } from "./fault_plan.ts";
 *
 * const soon = makePlan(7, 2).slice(0, 3).map((step, n) => ({ ...step, atMs: n }));
 * const done: string[] = [];
 * await followPlan(soon, (step) => void done.push(step.series));
 * assertEquals(done.length, 3);
 * ```
 */
export async function followPlan(
  steps: readonly Step[],
  act: (step: Step) => void | Promise<void>,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  const began = performance.now();
  const series = Map.groupBy(steps, ({ series }) => series);
  const ends = await Promise.allSettled(
    [...series.values()].map(async (steps) => {
      for (const step of steps) {
        const restMs = began + step.atMs - performance.now();
        await pause(Math.max(0, restMs), signal);
        await act(step);
      }
    }),
  );
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
}

/**
 * Breaks a node as a step says, and gives it back: it runs again afterwards,
 * but its replicas may not be in sync yet.
 *
 * @param cluster The cluster's guard.
 * @param step Which node, how, and for how long.
 * @param options What may shorten or lengthen its absence.
 * @param options.signal Ends the time for which it is away.
 * @param options.meanwhile Called when that time is over: the node stays away until it is over, too.
 * @throws {EngineError} If the node is not as the step needs it, or cannot be given back.
 * @throws {DeadlineError} If it has been started or thawed and does not answer in time.
 * @throws {InterruptedError} If the Stop button is pressed meanwhile.
 *
 * @example Usage
 * ```ts
 * // const [step] = makePlan(7, 2).filter((step) => step.series === "nodes");
 * // await breakNode(cluster, step!);
 * ```
 */
export async function breakNode(
  cluster: ClusterGuard,
  { kind, node, forMs }: NodeStep,
  { signal, meanwhile }: {
    signal?: AbortSignal;
    meanwhile?: () => Promise<void>;
  } = {},
): Promise<void> {
  if (kind === "restart") return await cluster.restart(node);
  await cluster[kind](node);
  await pause(forMs, signal);
  await meanwhile?.();
  await cluster[kind === "kill" ? "start" : "thaw"](node);
}

/**
 * Makes the fault of the network that a step names.
 *
 * @param wire The faults of a client.
 * @param step What happens to which of its next requests.
 * @returns The rule, which counts its hits and can be removed.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { socketFaults } from "../faults/socket_faults.ts";
 *
 * const rule = disturbWire(socketFaults(), {
 *   series: "wires",
 *   atMs: 0,
 *   kind: "lose the response",
 *   wire: "producer",
 *   apiKey: "Produce",
 *   times: 1,
 *   delayMs: 0,
 * });
 * assertEquals(rule.hits, 0);
 * ```
 */
export function disturbWire(
  wire: SocketFaults,
  { kind, apiKey, times, delayMs }: WireStep,
): FaultRule {
  const match = { apiKey, times };
  switch (kind) {
    case "lose the request":
      return wire.dropRequest(match);
    case "lose the response":
      return wire.dropResponse(match);
    case "cut before the request":
      return wire.cutConnection(match);
    case "cut before the response":
      return wire.cutConnection({ ...match, at: "response" });
    case "delay the response":
      return wire.delayResponse({ ...match, delayMs });
    case "fall silent":
      return wire.hangConnection({ ...match, at: "response" });
  }
}
