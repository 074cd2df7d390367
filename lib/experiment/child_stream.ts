import type { Kafka } from "kafkajs";
import { lagOf } from "../admin/lag.ts";
import { removeMembers } from "../admin/remove_members.ts";
import { until } from "../client/until.ts";
import type { ReadProcessWrite } from "../consumer/read_process_write.ts";
import type {
  streamProcessor,
  StreamProcessorOptions,
} from "../streams/stream_processor.ts";
import type { TopicTable } from "../streams/topic_table.ts";
import type { TumblingWindows } from "../streams/tumbling_windows.ts";
import { spawnLoop, untilLoopEnds } from "./loop_process.ts";

/** What a topology is made of. */
export interface StreamTools {
  /** The mended client. */
  kafka: Kafka;
  /** The topic it writes. */
  to: string;
  /** Input, changelog, group, and what kills the process: for `streamProcessor()`. */
  options: Omit<StreamProcessorOptions, "process">;
  streamProcessor: typeof streamProcessor;
  TopicTable: typeof TopicTable;
  TumblingWindows: typeof TumblingWindows;
}

/** Makes a processor. Its text runs in another process, so it uses its argument and nothing else. */
export type StreamTopology = (tools: StreamTools) => ReadProcessWrite;

/** What {@linkcode runStream} reads and writes, and where it is killed. */
export interface ChildStreamOptions {
  /** The topic it reads. */
  from: string;
  /** The topic it writes. */
  to: string;
  /** Where state goes. By default it stays in memory. */
  changelog?: string | undefined;
  /** Its group, and what its transactional ids begin with. */
  groupId: string;
  /** After how many records each process is killed, one process after the other. By default none is. */
  deaths?: number[];
}

/** What the program is given. */
export interface ChildStreamSettings
  extends Omit<ChildStreamOptions, "deaths"> {
  /** The topology's text. */
  topology: string;
  /** After how many records it dies: null for never. */
  diesAfter: number | null;
}

/**
 * Runs a stream processor in processes of their own. Each but the last kills
 * itself with SIGKILL in the middle of a transaction: what its records gave is
 * sent, and nothing is committed. The next one goes on at once. The last is
 * ended when the group has read all of the input.
 *
 * @param kafka The cluster, for looking.
 * @param topology What to run: its source goes to the processes.
 * @param options What it reads and writes, and when it is killed.
 * @returns How many processes were killed.
 * @throws {Error} If a process ended otherwise; with what it printed.
 * @throws {DeadlineError} If one did not end, or the last was not through, within a minute.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 * import { readTopic } from "../consumer/read_topic.ts";
 *
 * const kafka = kafkaClient();
 * const [from, to, changelog] = ["in", "out", "state"].map((name) => freshName(name));
 * const topics = [from!, to!, changelog!];
 * for (const topic of topics) await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic: from!, messages: ["a", "b", "c"].map((value) => ({ value })) });
 * await producer.disconnect();
 *
 * const kills = await runStream(
 *   kafka,
 *   ({ kafka, to, options, streamProcessor }) =>
 *     streamProcessor(kafka, {
 *       ...options,
 *       recordsPerTransaction: 1,
 *       process(_record, store) {
 *         store.set("count", (store.get<number>("count") ?? 0) + 1);
 *         return [{ topic: to, messages: [{ value: `${store.get("count")}` }] }];
 *       },
 *     }),
 *   { from: from!, to: to!, changelog: changelog!, groupId: freshName("count"), deaths: [2] },
 * );
 * assertEquals(kills, 1);
 * assertEquals((await readTopic(kafka, to!)).map(({ value }) => value), ["1", "2", "3"]);
 * await deleteTopic(kafka, topics);
 * ```
 */
export async function runStream(
  kafka: Kafka,
  topology: StreamTopology,
  { deaths = [], ...options }: ChildStreamOptions,
): Promise<number> {
  const settings = { ...options, topology: `${topology}` };
  for (const diesAfter of deaths) {
    const life = live({ ...settings, diesAfter });
    const { signal, said } = await life.ended;
    if (signal !== "SIGKILL") {
      throw new Error(
        `The stream processor was not killed after ${diesAfter} records; it said: ${said}`,
      );
    }
    // Otherwise the next one waits until the session is over.
    await removeMembers(kafka, options.groupId);
  }
  const last = live({ ...settings, diesAfter: null });
  try {
    let hasEnded: string | undefined;
    last.ended.then(({ said }) => hasEnded = said, () => {});
    await until(async () => {
      if (hasEnded !== undefined) return true;
      const lags = await lagOf(kafka, options.groupId, [options.from]);
      return lags.every(({ lag, end }) => lag === 0n || end === 0n);
    }, { what: "the end of the input", deadlineMs: 60_000 });
    if (hasEnded !== undefined) {
      throw new Error(
        `The stream processor ended by itself; it said: ${hasEnded}`,
      );
    }
  } finally {
    await last.kill();
  }
  await removeMembers(kafka, options.groupId);
  return deaths.length;
}

/** One process. */
function live(settings: ChildStreamSettings) {
  const child = spawnLoop("child_stream_program.ts", settings);
  const end = Promise.all([
    new Response(child.stderr).text(),
    new Response(child.stdout).text(),
    child.status,
  ]).then(([said, , { signal }]) => ({ said: said.slice(-4_000), signal }))
    .finally(() => child.stdin.close().catch(() => {}));
  const kill = async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has just ended by itself.
    }
    await end;
  };
  const ended = untilLoopEnds(end).catch(async (error) => {
    await kill();
    throw error;
  });
  return { ended, kill };
}
