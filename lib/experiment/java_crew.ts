import type { ToolProcess } from "../brokers/engine.ts";
import { findEngine } from "../brokers/find_engine.ts";
import { GroupTimeline } from "./group_timeline.ts";

/** What a {@linkcode JavaCrew} does. */
export interface JavaCrewOptions {
  /** What its members read. */
  topic: string;
  /** As which group. */
  groupId: string;
  /** Arguments of `kafka-verifiable-consumer` for every member. None by default. */
  args?: string[];
}

/** Partitions that were taken from a member, all at once. */
export interface Revocation {
  /** The member's name. */
  member: string;
  /** The partitions' numbers. */
  partitions: number[];
}

interface Change {
  name: string;
  partitions: { partition: number }[];
}

/**
 * A group whose members are Java consumers, each a process of Kafka's own
 * `kafka-verifiable-consumer`: for what KafkaJS cannot do, such as cooperative
 * rebalancing, static membership and the protocol of KIP-848. It keeps what
 * the members report: who owns what, and what was taken from them.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { until } from "../client/until.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 2 });
 *
 * const crew = new JavaCrew({ topic, groupId: freshName("billing") });
 * await crew.start("A");
 * await until(() => crew.shares() === "2", { deadlineMs: 30_000 });
 * assertEquals(crew.ownedBy("A"), [0, 1]);
 * await crew.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export class JavaCrew {
  #beganAt?: number;
  /** Who owned what when. It begins with the first assignment, as a JVM takes seconds to start. */
  readonly timeline: GroupTimeline = new GroupTimeline({
    now: () => this.#beganAt ? performance.now() - this.#beganAt : 0,
  });
  /** What was taken from members so far, in order. */
  readonly revocations: Revocation[] = [];
  readonly #options: JavaCrewOptions;
  readonly #owned = new Map<string, Set<number>>();
  readonly #processes = new Map<string, ToolProcess>();

  /**
   * Starts nothing yet.
   *
   * @param options The topic, the group, and how its members are started.
   */
  constructor(options: JavaCrewOptions) {
    this.#options = options;
  }

  /** Does nothing: named so that `notebook.use()` takes it, and ends the processes. */
  async connect(): Promise<void> {}

  /**
   * Starts a member's process. It joins later.
   *
   * @param member What to call it.
   * @param args More arguments of the tool, for this one. None by default.
   * @throws {EngineUnavailableError} If nothing is there that could run it.
   * @throws {EngineError} If it cannot be started.
   */
  async start(member: string, args: string[] = []): Promise<void> {
    const { topic, groupId, args: all = [] } = this.#options;
    const engine = await findEngine();
    const process = engine.spawnTool("kafka-verifiable-consumer", [
      ...["--topic", topic, "--group-id", groupId, ...all, ...args],
    ]);
    this.#processes.set(member, process);
    this.#owned.set(member, new Set());
    this.#follow(member, process);
  }

  /**
   * Ends a member's process as a deployment does, by SIGTERM. It leaves the
   * group, if it is not a static member.
   *
   * @param member Its name.
   */
  async stop(member: string): Promise<void> {
    await this.#processes.get(member)?.kill();
    this.#owned.delete(member);
    this.timeline.record({ member, type: "left" });
  }

  /**
   * What a member owns, by what it has reported.
   *
   * @param member Its name.
   * @returns The partitions' numbers, in order.
   */
  ownedBy(member: string): number[] {
    return [...this.#owned.get(member) ?? []].sort((a, b) => a - b);
  }

  /**
   * How many partitions each member that runs owns.
   *
   * @returns The numbers, the largest first: "3,3".
   */
  shares(): string {
    return [...this.#owned.values()].map(({ size }) => size)
      .sort((a, b) => b - a).join();
  }

  /** Ends all members. */
  async disconnect(): Promise<void> {
    await Promise.all(
      [...this.#processes.values()].map((process) => process.kill()),
    );
  }

  async #follow(member: string, process: ToolProcess): Promise<void> {
    for await (const line of process.lines) {
      // A member that was started again is another process.
      if (this.#processes.get(member) !== process) continue;
      if (line.startsWith("{")) this.#hear(member, JSON.parse(line));
    }
  }

  #hear(member: string, { name, partitions }: Change): void {
    const own = this.#owned.get(member);
    if (!own || !name.startsWith("partitions_")) return;
    const numbers = partitions.map(({ partition }) => partition);
    if (name === "partitions_assigned") numbers.forEach((one) => own.add(one));
    else {
      numbers.forEach((one) => own.delete(one));
      this.revocations.push({ member, partitions: numbers });
    }
    this.#beganAt ??= performance.now();
    const assignment = { [this.#options.topic]: [...own] };
    this.timeline.record({ member, type: "joined", assignment });
  }
}
