import { until } from "../../_patience.ts";
import {
  ReadProcessWrite,
  type ReadProcessWriteOptions,
} from "lib/consumer/read_process_write.ts";
import { StandInCluster } from "./_stand_in_kafka.ts";

/** A cluster with the topics "in", "out" and "dead", and a loop over it. */
export interface LoopScene {
  cluster: StandInCluster;
  loop: ReadProcessWrite;
  /** What the hooks were called with. */
  hooks: string[];
  /** Waits until the group has committed an offset in a partition of "in". */
  committed: (offset: bigint, partition?: number) => Promise<void>;
  /** Another loop with the same ids. */
  another: (options?: Partial<ReadProcessWriteOptions>) => ReadProcessWrite;
}

/** Copies "in" to "out", with short pauses, and disconnects at the end. */
export async function withLoop(
  { letters = "abc", partitions = 1, prepare = () => {}, options = {} }: {
    letters?: string;
    partitions?: number;
    prepare?: (cluster: StandInCluster) => void;
    options?:
      | Partial<ReadProcessWriteOptions>
      | ((scene: LoopScene) => Partial<ReadProcessWriteOptions>);
  },
  play: (scene: LoopScene) => Promise<void>,
): Promise<void> {
  const cluster = new StandInCluster();
  cluster.topic("in", partitions);
  cluster.topic("out");
  cluster.topic("dead");
  cluster.letters("in", letters);
  prepare(cluster);
  const hooks: string[] = [];
  const loops: ReadProcessWrite[] = [];
  const make = (
    name: string,
    more: Partial<ReadProcessWriteOptions>,
  ): ReadProcessWrite => {
    const loop = new ReadProcessWrite(cluster.client(name), {
      from: "in",
      groupId: "g",
      transactionalId: "t",
      consumerConfig: { heartbeatInterval: 1 },
      retryMs: 1,
      maxRetryMs: 8,
      process: ({ value }) => [{ topic: "out", messages: [{ value }] }],
      onTakenOver: (topic, partition, offset) =>
        void hooks.push(`${topic}/${partition} taken over at ${offset}`),
      onLost: (topic, partition) =>
        void hooks.push(`${topic}/${partition} lost`),
      onAborted: (topic, partition) =>
        void hooks.push(`${topic}/${partition} aborted`),
      ...more,
    });
    loops.push(loop);
    return loop;
  };
  const scene: LoopScene = {
    cluster,
    loop: undefined as unknown as ReadProcessWrite,
    hooks,
    committed: (offset, partition = 0) =>
      until(() => cluster.committed.get(`g in/${partition}`) === offset, {
        what: () =>
          `the commit of ${offset}; the story is ${
            cluster.story.slice(-20).join(", ")
          }; ${cluster.lines.slice(-3).join("; ")}`,
        intervalMs: 2,
      }).then(() => {}),
    another: (more = {}) => make(`loop ${loops.length + 1}`, more),
  };
  const own = typeof options === "function" ? options(scene) : options;
  scene.loop = make("loop 1", own);
  try {
    await play(scene);
  } finally {
    for (const loop of loops) await loop.disconnect().catch(() => {});
  }
}
