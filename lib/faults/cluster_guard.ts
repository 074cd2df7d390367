import { InterruptedError } from "../client/interrupt.ts";
import type { PartitionMetadata } from "../admin/metadata.ts";
import { until } from "../client/until.ts";
import { type ClusterNode, clusterNodes } from "./cluster_nodes.ts";
import {
  repairCluster,
  type RepairOrder,
  topicsSeenBy,
} from "./cluster_repair.ts";
import type { Engine, EngineOptions } from "../brokers/engine.ts";
import { findEngine } from "../brokers/find_engine.ts";
import { EngineError } from "../brokers/engine_error.ts";
import { runAfterExit } from "./run_after_exit.ts";

/** Where the cluster is, and who hears what is done to it. */
export interface ClusterGuardOptions extends EngineOptions {
  /** What runs it. Default: what `findEngine("auto")` finds. */
  engine?: Engine;
  /** Hears each step of starting and repairing. */
  onProgress?: (line: string) => void;
}

/** How a wait of {@linkcode ClusterGuard} ends. */
export interface ClusterWaitOptions {
  /** Of which partition; all of them by default. */
  partition?: number;
  /** After how long to give up, in milliseconds. 45 s by default. */
  deadlineMs?: number;
}

/** Longer than a killed broker's session, on a busy machine. */
const WAIT_MS = 45_000;
const REPAIR_SCRIPT = new URL("cluster_repair.ts", import.meta.url);

/**
 * Finds the cluster of `compose.yaml` (a controller and three brokers), starts
 * it if it does not run, repairs what an earlier user left broken, and returns
 * a guard that hands out faults and takes all of them back.
 *
 * The guard restores the cluster in `restore()`; at the end of `during()`,
 * also when that throws or the Stop button is pressed; and when this process
 * ends in any way, as a killed kernel does.
 *
 * @param options Other files and folders than the project's own, and who hears of the steps.
 * @returns The guard. `guard.repaired` says what was not as it should be.
 * @throws {EngineUnavailableError} If nothing on this machine can run it.
 * @throws {EngineError} If the Compose file does not describe it, or a node cannot be started; the message says why.
 * @throws {DeadlineError} If a partition is still not whole after 90 s.
 *
 * @example Usage
 * ```ts
 * // const cluster = await openCluster({ onProgress: console.log });
 * // const leader = await cluster.untilLeader("orders", { partition: 0 });
 * // await cluster.during(async () => {
 * //   await cluster.kill(leader);
 * //   await cluster.untilLeader("orders", { not: leader });
 * // }); // The killed broker runs again, and all replicas are in sync.
 * ```
 */
export async function openCluster(
  options: ClusterGuardOptions = {},
): Promise<ClusterGuard> {
  const { engine: given, onProgress, ...places } = options;
  const engine = given ?? await findEngine("auto", places);
  const repaired = await repairCluster(engine, { onProgress });
  return new ClusterGuard(engine, { places, repaired, onProgress });
}

/** Hands out faults of the cluster's nodes, waits for what they bring about, and takes them back. */
export class ClusterGuard {
  /** What was repaired when the cluster was opened, a sentence for each node. */
  readonly repaired: string[];
  /** Where clients of this host reach the three brokers. */
  readonly addresses: string[];
  readonly #engine: Engine;
  readonly #nodes: Map<ClusterNode, string>;
  readonly #places: EngineOptions;
  readonly #onProgress: ((line: string) => void) | undefined;
  #stopWatching: (() => void) | undefined;
  /** A repair that a Stop did not wait for. */
  #repairing: Promise<unknown> | undefined;

  /**
   * Guards a cluster that runs; {@linkcode openCluster} sees to that first.
   *
   * @param engine What runs the cluster.
   * @param options `places`: the files and folders of that engine; `repaired`: what was not as it should be, a
   * sentence for each node; `onProgress`: called with each step of later repairs, in one line.
   * @throws {EngineError} If the Compose file has no cluster, or cannot be read.
   */
  constructor(
    engine: Engine,
    { places, repaired, onProgress }: {
      places: EngineOptions;
      repaired: string[];
      onProgress?: (line: string) => void;
    },
  ) {
    this.repaired = repaired;
    this.addresses = engine.addresses({ cluster: true });
    this.#engine = engine;
    this.#nodes = clusterNodes(places.composeFile);
    this.#places = places;
    this.#onProgress = onProgress;
  }

  /** The ids of the brokers, running or not. */
  get brokers(): number[] {
    return [...this.#nodes.keys()].filter((node) => node !== "controller");
  }

  /**
   * Ends nodes with SIGKILL, as a crash would. The controller notices when their
   * session is over.
   *
   * @param nodes The nodes, all at once: brokers by their ids, or `"controller"`.
   * @throws {EngineError} If the cluster has no such node, or one is not running.
   */
  async kill(...nodes: ClusterNode[]): Promise<void> {
    await this.#each(nodes, (service) => this.#engine.kill(service));
  }

  /**
   * Stops nodes in an orderly way: a broker hands over what it leads first. A
   * node that does not run is left alone.
   *
   * @param nodes The nodes: brokers by their ids, or `"controller"`.
   * @throws {EngineError} If the cluster has no such node, or one does not end.
   */
  async stop(...nodes: ClusterNode[]): Promise<void> {
    await this.#each(nodes, (service) => this.#engine.stop(service));
  }

  /**
   * Halts nodes with SIGSTOP: they are there, but do not answer.
   *
   * @param nodes The nodes, all at once: brokers by their ids, or `"controller"`.
   * @throws {EngineError} If the cluster has no such node, or one is not running.
   */
  async freeze(...nodes: ClusterNode[]): Promise<void> {
    await this.#each(nodes, (service) => this.#engine.freeze(service));
  }

  /**
   * Lets frozen nodes go on, and waits until they answer.
   *
   * @param nodes The nodes, all at once: brokers by their ids, or `"controller"`.
   * @throws {EngineError} If the cluster has no such node, or one has no process.
   * @throws {DeadlineError} If one does not answer within 30 s.
   */
  async thaw(...nodes: ClusterNode[]): Promise<void> {
    await this.#each(nodes, (service) => this.#engine.thaw(service));
  }

  /**
   * Starts nodes that were killed or stopped, and waits until they answer.
   *
   * @param nodes The nodes: brokers by their ids, or `"controller"`.
   * @throws {EngineError} If the cluster has no such node, or one cannot be started; the message says why.
   * @throws {DeadlineError} If one has been started and does not answer as expected in time.
   */
  async start(...nodes: ClusterNode[]): Promise<void> {
    await this.#each(nodes, (service) => this.#engine.start(service));
  }

  /**
   * Stops a node in an orderly way, starts it again, and waits until it answers.
   *
   * @param node The node: a broker by its id, or `"controller"`.
   * @throws {EngineError} If the cluster has no such node, or it does not end or start.
   * @throws {DeadlineError} If it has been started and does not answer as expected in time.
   */
  async restart(node: ClusterNode): Promise<void> {
    await this.stop(node);
    await this.start(node);
  }

  /**
   * Does some work, then restores the cluster, also if the work throws. After
   * a Stop the cell ends at once: the cluster is restored in the background,
   * and whatever fault or repair is asked of this guard next waits for that.
   *
   * @param work What to do, such as to hand out faults and watch what they bring about.
   * @returns What the work returns.
   * @throws {Error} What the work throws.
   * @throws {DeadlineError} If a partition is still not whole 90 s after the work.
   * @throws {EngineError} If a node cannot be started again, or somebody stops the whole cluster meanwhile.
   */
  async during<T>(work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      await this.#repairing;
      result = await work();
    } catch (error) {
      const repairing = this.restore();
      if (error instanceof InterruptedError) {
        this.#repairing = repairing.catch(() => {});
      } else {
        // The reason of the failure tells more than that of a failed repair.
        await repairing.catch((why) => this.#onProgress?.(String(why)));
      }
      throw error;
    }
    await this.restore();
    return result;
  }

  /**
   * Thaws and starts all nodes, and waits until all replicas are in sync.
   *
   * @returns What had to be done, a sentence for each node.
   * @throws {DeadlineError} If a partition is still not whole after 90 s.
   * @throws {EngineError} If a node cannot be started, or somebody stops the whole cluster meanwhile.
   */
  async restore(): Promise<string[]> {
    await this.#repairing;
    const onProgress = this.#onProgress;
    const done = await repairCluster(this.#engine, { onProgress });
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    return done;
  }

  /**
   * Waits until every running broker knows a leader of a partition.
   *
   * @param topic The topic's name.
   * @param options Which partition (0 by default); `not`: the id of a broker whose leadership must be over; and
   * after how many milliseconds to give up, 45,000 by default.
   * @returns The leader's id.
   * @throws {DeadlineError} If that takes longer than the deadline; the message says what the brokers reported last.
   * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
   */
  async untilLeader(
    topic: string,
    { not, partition = 0, deadlineMs = WAIT_MS }:
      & ClusterWaitOptions
      & { not?: number } = {},
  ): Promise<number> {
    let leader: number | null = null;
    await this.untilPartitions(topic, (now) => {
      leader = now.leader;
      return leader !== null && leader !== not;
    }, { partition, deadlineMs, what: `a leader of '${topic}'` });
    return leader!;
  }

  /**
   * Waits until exactly some brokers are in sync (the ISR), in the view of every
   * running broker.
   *
   * @param topic The topic's name.
   * @param options `brokers`: their ids, by default all that keep a replica; which partition, all by default; and
   * after how many milliseconds to give up, 45,000 by default.
   * @throws {DeadlineError} If that takes longer than the deadline; the message says what the brokers reported last.
   * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
   */
  async untilInSync(
    topic: string,
    { brokers, ...options }: ClusterWaitOptions & { brokers?: number[] } = {},
  ): Promise<void> {
    const wanted = (replicas: number[]) =>
      (brokers ?? replicas).toSorted().join(", ");
    await this.untilPartitions(
      topic,
      ({ isr, replicas, leader }) =>
        leader !== null && isr.toSorted().join(", ") === wanted(replicas),
      {
        ...options,
        what: `the in-sync replicas of '${topic}' to be ${
          brokers?.join(", ") ?? "all"
        }`,
      },
    );
  }

  /**
   * Waits until partitions are as wanted, in the view of every running broker.
   *
   * @param topic The topic's name.
   * @param wanted Whether a partition is as wanted, by a broker's metadata.
   * @param options Which partition, all by default; after how many milliseconds to give up, 45,000 by default; and
   * `what`: how the error names what is awaited.
   * @throws {DeadlineError} If that takes longer than the deadline; the message says what the brokers reported last.
   * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
   */
  async untilPartitions(
    topic: string,
    wanted: (partition: PartitionMetadata) => boolean,
    { partition, deadlineMs = WAIT_MS, what }: ClusterWaitOptions & {
      what?: string;
    } = {},
  ): Promise<void> {
    let last = "nothing yet";
    await until(async () => {
      const views = await Promise.all(
        (await this.#running()).map((address) =>
          topicsSeenBy(address, [topic])
        ),
      );
      const seen = views.map(([found]) =>
        found!.partitions.filter((one) =>
          partition === undefined || one.partition === partition
        )
      );
      last = JSON.stringify(seen);
      return seen.length > 0 &&
        seen.every((all) => all.length > 0 && all.every(wanted));
    }, {
      what: () => `${what ?? `'${topic}' to be as wanted`}; it was ${last}`,
      deadlineMs,
    });
  }

  /**
   * Waits until the metadata quorum has an active controller that brokers
   * follow, as `kafka-metadata-quorum` reports.
   *
   * @param options `deadlineMs`: after how many milliseconds to give up, 45,000 by default.
   * @returns The controller's node id.
   * @throws {DeadlineError} If that takes longer than the deadline.
   * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
   */
  async untilQuorum(
    { deadlineMs = WAIT_MS }: { deadlineMs?: number } = {},
  ): Promise<number> {
    const { leader } = await until(async () => {
      const args = ["--bootstrap-server", (await this.#running()).join(",")];
      const { stdout } = await this.#engine.tool("kafka-metadata-quorum", [
        ...args,
        ...["describe", "--status"],
      ], { deadlineMs });
      const leader = Number(/LeaderId:\s+(-?\d+)/.exec(stdout)?.[1] ?? -1);
      return leader >= 0 && { leader };
    }, { what: "an active controller", deadlineMs, intervalMs: 200 });
    return leader;
  }

  async #each(
    nodes: ClusterNode[],
    work: (service: string) => Promise<void>,
  ): Promise<void> {
    await this.#repairing;
    const services = nodes.map((node) => this.#service(node));
    this.#watch();
    await Promise.all(services.map(work));
  }

  #service(node: ClusterNode): string {
    const service = this.#nodes.get(node);
    if (service !== undefined) return service;
    throw new EngineError(
      `Cannot find the node ${node} of the cluster: it has ${
        [...this.#nodes.keys()].join(", ")
      }`,
    );
  }

  /** From the first fault on, somebody must take it back if this process cannot. */
  #watch(): void {
    const { name: engine } = this.#engine;
    const order: RepairOrder = { engine, options: this.#places };
    this.#stopWatching ??= runAfterExit(JSON.stringify(order), REPAIR_SCRIPT);
  }

  async #running(): Promise<string[]> {
    const all = await this.#engine.status({ cluster: true });
    return all.filter(({ state }) => state === "running")
      .flatMap(({ address }) => address ?? []);
  }
}
