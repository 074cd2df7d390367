import {
  type ClusterGuard,
  type ClusterGuardOptions,
  openCluster,
} from "../cluster/cluster_guard.ts";
import { type Notebook, openNotebook } from "./notebook.ts";

/** A notebook on the cluster of three brokers, with the guard that makes faults. */
export interface ClusterNotebook extends Notebook {
  /** Kills, freezes and restores nodes, and waits for what that brings about. */
  readonly cluster: ClusterGuard;
}

/**
 * Opens a notebook on the cluster of `compose.yaml`, one controller and three
 * brokers: starts them if they do not run, and repairs what an earlier run left
 * broken, saying what. `close()` restores all nodes before it tidies up; if the
 * kernel dies before, another process restores them.
 *
 * The runner knows by this function's name that a notebook needs the cluster,
 * and runs such notebooks one after another.
 *
 * @param number The notebook's number: "14".
 * @param options Another cluster than the project's own.
 * @returns The notebook; `notebook.cluster` makes faults.
 * @throws {EngineUnavailableError} If nothing on this machine can run the cluster.
 *
 * @example Usage
 * ```ts
 * // const { cluster, kafka, ...notebook } = await openClusterNotebook("14");
 * // const orders = await notebook.topic("orders", { partitions: 1 });
 * // const leader = await cluster.untilLeader(orders);
 * // await cluster.during(() => cluster.kill(leader));
 * ```
 */
export async function openClusterNotebook(
  number: string,
  options: ClusterGuardOptions = {},
): Promise<ClusterNotebook> {
  const cluster = await openCluster(options);
  console.log(
    cluster.repaired.length > 0
      ? `The cluster is ready: ${cluster.repaired.join("; ")}.`
      : "The cluster is ready.",
  );
  const { addresses: brokers } = cluster;
  const notebook = await openNotebook(number, { brokers });
  return {
    cluster,
    kafka: notebook.kafka,
    topic: (base, options) => notebook.topic(base, options),
    group: (base) => notebook.group(base),
    use: (client) => notebook.use(client),
    async close() {
      const restored = await cluster.restore();
      if (restored.length > 0) console.log(`${restored.join("; ")}.`);
      await notebook.close();
    },
  };
}
