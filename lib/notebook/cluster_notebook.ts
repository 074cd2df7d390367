import {
  type ClusterGuard,
  type ClusterGuardOptions,
  openCluster,
} from "../faults/cluster_guard.ts";
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
 * @throws {NoBrokerError} If no broker of the cluster answers.
 * @throws {EngineUnavailableError} If nothing on this machine can run the cluster.
 * @throws {EngineError} If a node cannot be started or thawed.
 * @throws {DeadlineError} If not all replicas are in sync in time.
 * @throws {InterruptedError} If the Stop button is pressed meanwhile.
 * @throws {Error} What else {@linkcode openNotebook} throws.
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
  return withCluster(await openNotebook(number, { brokers }), cluster);
}

/**
 * Joins a notebook and the cluster that it runs on.
 *
 * @param notebook The notebook.
 * @param cluster The cluster's guard.
 * @returns The notebook, whose `close()` restores the cluster first, and closes the notebook whatever comes of that.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const done: string[] = [];
 * const notebook = { kafka: kafkaClient(), close: () => Promise.resolve(void done.push("closed")) };
 * const cluster = { restore: () => Promise.resolve(["Broker 2 is started again"]) };
 * await withCluster(notebook as never, cluster as never).close();
 * assertEquals(done, ["closed"]);
 * ```
 */
export function withCluster(
  notebook: Notebook,
  cluster: ClusterGuard,
): ClusterNotebook {
  return {
    cluster,
    kafka: notebook.kafka,
    kafkaConfig: notebook.kafkaConfig,
    brokers: notebook.brokers,
    name: (base) => notebook.name(base),
    topic: (base, options) => notebook.topic(base, options),
    group: (base) => notebook.group(base),
    use: (client) => notebook.use(client),
    async close() {
      try {
        const restored = await cluster.restore();
        if (restored.length > 0) console.log(`${restored.join("; ")}.`);
      } finally {
        await notebook.close();
      }
    },
  };
}
