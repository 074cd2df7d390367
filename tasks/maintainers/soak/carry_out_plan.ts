import type { ClusterGuard } from "lib/faults/cluster_guard.ts";
import { breakNode, followPlan } from "lib/experiment/follow_plan.ts";
import type { Crew } from "./crew.ts";
import {
  type GroupName,
  type NodeStep,
  type Step,
  stepText,
} from "lib/experiment/fault_plan.ts";
import type { Producing } from "./producing.ts";
import type { SoakTopic } from "./soak_topic.ts";
import { untilOthersAreWritten } from "./until_others_are_written.ts";
import type { Report } from "./violation.ts";
import type { Wires } from "./wires.ts";

/** What a plan is carried out on. */
export interface Scene {
  cluster: ClusterGuard;
  wires: Wires;
  crews: Record<GroupName, Crew>;
  topics: SoakTopic[];
  producing: Producing;
  /** Prints a line with the time in front. */
  say: (line: string) => void;
  report: Report;
  /** Ends the plan before its end. */
  signal: AbortSignal;
}

/**
 * Carries out a plan: its series of steps side by side, the steps of each one after
 * another. A node's step is over when the cluster is whole again, so that on a
 * slow machine the next ones come later, and not at the same time.
 *
 * @throws What the signal was aborted with.
 */
export async function carryOut(steps: Step[], scene: Scene): Promise<void> {
  const { say, signal, wires, crews } = scene;
  await followPlan(steps, async (step) => {
    say(stepText(step));
    if (step.series === "nodes") await breakAndMend(step, scene);
    if (step.series === "wires") wires.disturb(step);
    if (step.series === "crashes") crews[step.group].crash(step.killAt);
  }, { signal });
}

async function breakAndMend(step: NodeStep, scene: Scene): Promise<void> {
  const { topics, signal } = scene;
  const unwritable = topics.filter(({ number }) =>
    step.unwritable.includes(number)
  );
  for (const topic of unwritable) await topic.needAllReplicas();
  await breakUntilWhole(step, scene);
  for (const topic of unwritable) {
    signal.throwIfAborted();
    await topic.needSomeReplicas();
  }
}

async function breakUntilWhole(
  step: NodeStep,
  scene: Scene,
): Promise<void> {
  const { cluster, say, signal, report } = scene;
  await breakNode(cluster, step, {
    signal,
    meanwhile: async () => {
      if (step.unwritable.length > 0) await untilOthersAreWritten(scene, scene);
    },
  });
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
