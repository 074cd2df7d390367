import { pause } from "lib/client/interrupt.ts";
import type { ClusterGuard } from "lib/cluster/cluster_guard.ts";
import type { Crew } from "./crew.ts";
import { type GroupName, type NodeStep, type Step, stepText } from "./plan.ts";
import type { Report } from "./violation.ts";
import type { Wires } from "./wires.ts";

/** What a plan is carried out on. */
export interface Scene {
  cluster: ClusterGuard;
  wires: Wires;
  crews: Record<GroupName, Crew>;
  /** Prints a line with the time in front. */
  say: (line: string) => void;
  report: Report;
  /** Ends the plan before its end. */
  signal: AbortSignal;
}

/**
 * Carries out a plan: its three lanes side by side, the steps of each one after
 * another. A node's step is over when the cluster is whole again, so that on a
 * slow machine the next ones come later, and not at the same time.
 *
 * @throws What the signal was aborted with.
 */
export async function carryOut(steps: Step[], scene: Scene): Promise<void> {
  const begin = performance.now();
  const { say, signal, wires, crews } = scene;
  const follow = async (
    lane: Step["lane"],
    act: (step: Step) => void | Promise<void>,
  ) => {
    for (const step of steps.filter((step) => step.lane === lane)) {
      const restMs = begin + step.atMs - performance.now();
      await pause(Math.max(0, restMs), signal);
      say(stepText(step));
      await act(step);
    }
  };
  const lanes = [
    follow("nodes", (step) => breakNode(step as NodeStep, scene)),
    follow("wires", (step) => {
      if (step.lane === "wires") wires.disturb(step);
    }),
    follow("crashes", (step) => {
      if (step.lane === "crashes") crews[step.group].crash(step.killAt);
    }),
  ];
  const ends = await Promise.allSettled(lanes);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
}

async function breakNode(
  { kind, node, forMs }: NodeStep,
  { cluster, say, signal, report }: Scene,
): Promise<void> {
  if (kind === "restart") {
    await cluster.restart(node);
  } else {
    await cluster[kind](node);
    await pause(forMs, signal);
    await cluster[kind === "kill" ? "start" : "thaw"](node);
  }
  const begin = performance.now();
  try {
    await cluster.restore();
  } catch (error) {
    if (signal.aborted) throw error;
    const what = error instanceof Error ? error.message : String(error);
    return report({ check: "cluster", what, records: [] });
  }
  const tookS = ((performance.now() - begin) / 1000).toFixed(1);
  say(`  all replicas are in sync again, ${tookS} s later`);
}
