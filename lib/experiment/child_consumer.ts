import type { ConsumerConfig } from "kafkajs";
import { linesOf } from "../brokers/lines_of.ts";
import { until } from "../client/until.ts";
import type { ChildSink } from "./child_sink.ts";
import type { ConsumeOptions } from "../consumer/consume.ts";
import type { ConsumedRecord } from "../consumer/consumed_record.ts";
import type { GroupEvent } from "./group_events.ts";
import type { GroupTimeline } from "./group_timeline.ts";

/** At which moment of which record a {@linkcode ChildConsumer} is killed. */
export interface KillAt {
  /** Which record, counted from 1 over all partitions. */
  record: number;
  /**
   * `received`: before anything is done with it; `processed`: after the work,
   * before any commit that follows it; `committed`: once the broker has
   * confirmed a commit that covers it. In transactions, `processed` is not a
   * moment of its own; there are `offsets sent`: its offset is in the open
   * transaction; `sent`: what it gave is, too; `commit asked`: the coordinator
   * has answered a commit, and the answer has not arrived.
   */
  when:
    | "received"
    | "processed"
    | "offsets sent"
    | "sent"
    | "commit asked"
    | "committed";
}

/** How a {@linkcode ChildConsumer} consumes. */
export interface ChildConsumerOptions extends
  Omit<
    ConsumeOptions,
    "commit" | "process" | "onReceived" | "onCommitError"
  > {
  /** When it commits. `auto` by default; of no effect in transactions and with `concurrency`. */
  commit?: ConsumeOptions["commit"];
  /** How many records to work on side by side, in order for each key, as `parallelByKey()` does. By default one after another. */
  concurrency?: number;
  /** What to read. */
  topic: string;
  /** As which group. */
  groupId: string;
  /** What to call it; this is its client id, too. "child" by default. */
  member?: string;
  /** Whether a group without a commit begins at the beginning. True by default; KafkaJS's is false. */
  fromBeginning?: boolean;
  /** How long the work on each record takes, in milliseconds. 0 by default. */
  workMs?: number;
  /** Where to write each record, after the work on it. Nowhere by default. */
  sink?: ChildSink;
  /**
   * Writes each record to this topic with its value in capitals, which is its
   * work then; with a transactional id together with its offset, as `ReadProcessWrite` does, one
   * transaction for each record unless told otherwise. By default it writes nothing.
   */
  write?: {
    topic: string;
    transactionalId?: string;
    recordsPerTransaction?: number;
  };
  /** When to kill it. Never by default. */
  killAt?: KillAt;
  /** The cluster, by default that of `KAFKA_BROKERS`. */
  brokers?: string[];
  /** After how long it gives up a request without an answer, in milliseconds. 10 s by default, as in `kafkaClient()`. */
  requestTimeout?: number;
  /** Whether its client is KafkaJS as published, `new Kafka(…)`, in place of `kafkaClient()`. False by default. */
  published?: boolean;
  /** Called with each thing that it reports, in its order. Nothing by default. */
  onEvent?: (event: ChildEvent) => void;
  /** More settings of KafkaJS's consumer, such as `sessionTimeout`. */
  consumerConfig?: Omit<
    ConsumerConfig,
    "groupId" | "partitionAssigners" | "retry"
  >;
}

/** What the child's program is given. */
export interface ChildSettings extends
  Required<
    Pick<
      ChildConsumerOptions,
      "topic" | "groupId" | "member" | "fromBeginning" | "workMs"
    >
  >,
  Pick<
    ChildConsumerOptions,
    | "sink"
    | "killAt"
    | "brokers"
    | "requestTimeout"
    | "published"
    | "consumerConfig"
    | "write"
    | "concurrency"
  > {
  consume: Omit<ConsumeOptions, "process">;
}

/** A record as the child reports it: its key and value read as UTF-8. */
export interface ChildRecord
  extends Pick<ConsumedRecord, "topic" | "partition" | "offset"> {
  /** Its key, or null. */
  key: string | null;
  /** Its value, or null. */
  value: string | null;
}

/** What the child's program reports, a JSON line each. */
export type ChildEvent =
  | { what: "group"; event: GroupEvent }
  | {
    what: "processed";
    record: Omit<ChildRecord, "offset"> & { offset: string };
  }
  | {
    what: "committed";
    commits: { topic: string; partition: number; offset: string }[];
  };

/** How a child's process ended. */
export interface ChildEnd {
  /** Its exit code. */
  code: number;
  /** The signal that ended it, such as `SIGKILL`, or null. */
  signal: string | null;
}

const STOP_MS = 5_000;
const MOST_ERROR_TEXT = 4_000;

/**
 * A consumer in a process of its own, which can be killed. `stop()` and
 * `disconnect()` are not crashes: they finish the record, commit, and leave the
 * group. This one can die exactly at a chosen record, without a word to the
 * broker: then its partitions are nobody's until its session is over
 * (`session.timeout.ms`), and what was not committed comes again.
 *
 * The process ends with the one that started it, however that ends. It works
 * in a notebook, too, and as a client for `notebook.use()`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 * await producer.send({ topic, messages: ["a", "b", "c"].map((value) => ({ value })) });
 * await producer.disconnect();
 *
 * const child = new ChildConsumer({
 *   topic,
 *   groupId: freshName("billing"),
 *   commit: "each record",
 *   killAt: { record: 2, when: "processed" },
 * });
 * await child.connect();
 * const { signal } = await child.ended;
 * assertEquals(signal, "SIGKILL");
 * assertEquals(child.processed.map(({ value }) => value), ["a", "b"]);
 * assertEquals(child.committed.map(({ offset }) => offset), [1n]); // of record a
 * await deleteTopic(kafka, topic);
 * ```
 */
export class ChildConsumer implements AsyncDisposable {
  /** The records it has processed, in order. */
  readonly processed: ChildRecord[] = [];
  /** The commits that the broker has confirmed to it, in order. */
  readonly committed: Pick<ChildRecord, "topic" | "partition" | "offset">[] =
    [];
  /** How its process has ended. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  readonly #options: ChildConsumerOptions;
  readonly #timeline: GroupTimeline | undefined;
  readonly #resolveEnded: (end: ChildEnd) => void;
  #process: Deno.ChildProcess | undefined;
  #input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #hasJoined = false;
  #end: ChildEnd | undefined;
  #errorText = "";

  /**
   * Starts nothing yet.
   *
   * @param options What it reads, and how.
   * @param timeline Where to record what happens to the child. Nowhere by default.
   */
  constructor(options: ChildConsumerOptions, timeline?: GroupTimeline) {
    this.#options = options;
    this.#timeline = timeline;
    const { promise, resolve } = Promise.withResolvers<ChildEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
  }

  /** The process's id, or undefined before `connect()`. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Starts the process and waits until it has joined the group, or was killed
   * at the record that was asked for.
   *
   * @throws {Error} If it ended otherwise, with what it printed.
   * @throws {DeadlineError} If it has not joined after 20 s.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile.
   */
  async connect(): Promise<void> {
    if (this.#process) return;
    const process = spawn(settingsOf(this.#options));
    this.#process = process;
    this.#input = process.stdin.getWriter();
    // The child may end without reading its input.
    this.#input.closed.catch(() => {});
    this.#follow(process);
    await until(() => this.#hasJoined || this.#end !== undefined, {
      what: () => `the child to join the group${this.#said()}`,
      deadlineMs: 20_000,
    }).catch((error) => {
      this.kill();
      throw error;
    });
    if (this.#end && this.#end.signal === null) {
      throw new Error(
        `The child ended before it had joined the group (exit code ${this.#end.code})${this.#said()}`,
      );
    }
  }

  /** Kills the process, now, if it has not ended, without a word to the broker. */
  kill(): void {
    if (!this.#process || this.#end) return;
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }

  /** Lets it finish its record, commit and leave the group; kills it if that takes longer than 5 s. */
  async disconnect(): Promise<void> {
    if (!this.#process) return;
    const tooLate = setTimeout(() => this.kill(), STOP_MS);
    await this.#input?.write(new TextEncoder().encode("stop\n"))
      .catch(() => {});
    await this.ended;
    clearTimeout(tooLate);
  }

  /** Kills it, at the end of an `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#process) return;
    this.kill();
    await this.ended;
  }

  async #follow(process: Deno.ChildProcess): Promise<void> {
    const reading = Promise.all([
      this.#readEvents(process.stdout),
      this.#readErrors(process.stderr),
    ]);
    const { code, signal } = await process.status;
    await reading;
    await this.#input?.close().catch(() => {});
    this.#end = { code, signal };
    if (signal !== null) {
      this.#timeline?.record({
        member: memberOf(this.#options),
        type: "killed",
      });
    }
    this.#resolveEnded(this.#end);
  }

  async #readEvents(stream: Deno.ChildProcess["stdout"]): Promise<void> {
    for await (const line of linesOf(stream)) {
      // KafkaJS's log lines may be among them.
      if (line.startsWith("{")) this.#hear(JSON.parse(line));
    }
  }

  #hear(event: ChildEvent): void {
    this.#options.onEvent?.(event);
    if (event.what === "processed") {
      const { topic, partition, offset } = event.record;
      this.processed.push({ ...event.record, offset: BigInt(offset) });
      const member = memberOf(this.#options);
      this.#timeline?.record({ member, type: "processed", topic, partition });
    }
    if (event.what === "committed") {
      for (const { offset, ...place } of event.commits) {
        this.committed.push({ ...place, offset: BigInt(offset) });
      }
    }
    if (event.what === "group") {
      if (event.event.type === "joined") this.#hasJoined = true;
      this.#timeline?.record(event.event);
    }
  }

  async #readErrors(stream: Deno.ChildProcess["stderr"]): Promise<void> {
    for await (const line of linesOf(stream)) {
      this.#errorText = `${this.#errorText}\n${line}`.slice(-MOST_ERROR_TEXT);
    }
  }

  #said(): string {
    return this.#errorText ? `; it said:${this.#errorText}` : "";
  }
}

function memberOf({ member = "child" }: ChildConsumerOptions): string {
  return member;
}

function settingsOf(options: ChildConsumerOptions): ChildSettings {
  const { topic, groupId, fromBeginning = true, workMs = 0, ...more } = options;
  const { member: _, onEvent: __, sink, write, killAt, ...others } = more;
  const { brokers, requestTimeout, published, ...some } = others;
  const { consumerConfig, concurrency, ...rest } = some;
  const member = memberOf(options);
  return {
    ...{ topic, groupId, member, fromBeginning, workMs },
    ...{ sink, write, killAt, brokers, requestTimeout },
    ...{ published, consumerConfig, concurrency },
    consume: { commit: "auto" as const, ...rest },
  };
}

/** With pipes for everything: a notebook's kernel loses what a child prints otherwise. */
function spawn(settings: ChildSettings): Deno.ChildProcess {
  const program = new URL("child_consumer_program.ts", import.meta.url);
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--allow-all", "--quiet", "--no-lock", "--no-check"],
      ...[program.href, JSON.stringify(settings)],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
