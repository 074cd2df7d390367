import { repairCluster } from "lib/faults/cluster_repair.ts";
import type { Engine } from "lib/brokers/engine.ts";
import { showStep } from "./setup/progress.ts";

/** Sees to it that the cluster runs, and ends it afterwards if it did not run before. */
export async function runningCluster(
  engine: Engine,
): Promise<AsyncDisposable> {
  const nodes = await engine.status({ cluster: true });
  await showStep(
    "Cluster of three brokers",
    (onProgress) => repairCluster(engine, { onProgress }),
  );
  if (!nodes.every(({ state }) => state === "absent")) {
    return { async [Symbol.asyncDispose]() {} };
  }
  return {
    async [Symbol.asyncDispose]() {
      // A kernel that was ended in the middle of a fault has others repair it: they must not start what is ended here.
      await repairCluster(engine).catch((error) => console.error(`${error}`));
      await engine.down({ cluster: true });
    },
  };
}
