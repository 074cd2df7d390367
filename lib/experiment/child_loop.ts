import type { Kafka, KafkaMessage } from "kafkajs";
import { linesOf } from "../brokers/lines_of.ts";
import { until } from "../client/until.ts";
import { spawnLoop, untilLoopEnds } from "./loop_process.ts";

/** What a loop works with. */
export interface LoopTools {
  /** KafkaJS as published, `new Kafka(…)`. */
  kafka: Kafka;
  /** The topic it reads. */
  from: string;
  /** The topic it writes. */
  to: string;
  /** The group as which it reads. */
  groupId: string;
  /** The name of its producer, if it writes in transactions. */
  transactionalId: string;
  /**
   * The work on a record.
   *
   * @param message The record.
   * @returns What is to be written.
   */
  work: (message: KafkaMessage) => string;
  /**
   * Reports that the loop has come to a point with a record. If that is where
   * this process is to die, it does not return.
   *
   * @param point What the loop calls the point: "sent".
   * @param message The record.
   */
  reached: (point: string, message: KafkaMessage) => void;
}

/** A loop that reads, works and writes. Its text runs in another process, so it uses its argument and nothing else. */
export type Loop = (tools: LoopTools) => Promise<void>;

/**
 * The work on a record. Its text runs in another process, too. What it passes
 * to `mail` has left the house: no transaction takes it back.
 */
export type Work = (
  message: KafkaMessage,
  mail: (text: string) => void,
) => string;

/** Where a {@linkcode ChildLoop} dies. */
export interface LoopDeath {
  /**
   * The point, as the loop calls it; or `decided`, which lies inside of
   * `commit()`: the coordinator has answered, and the answer has not arrived.
   */
  point: string;
  /** The value of the record with which it gets there. */
  value: string;
}

/** What a {@linkcode ChildLoop} runs, on what. */
export interface ChildLoopOptions extends
  Pick<
    LoopTools,
    "from" | "to" | "groupId"
  > {
  /** What to run. */
  loop: Loop;
  /** The work on each record: by default its value in capitals. */
  work?: Work;
  /** The name of its producer. By default it has none. */
  transactionalId?: string;
  /** Where it is killed. By default nowhere. */
  dies?: LoopDeath;
}

/** What the child's program is given. */
export interface LoopSettings
  extends Pick<LoopTools, "from" | "to" | "groupId" | "transactionalId"> {
  /** The loop's text. */
  loop: string;
  /** The work's text. */
  work: string;
  /** Where it dies. */
  dies?: LoopDeath;
}

/** What the child's program reports, a JSON line each. */
export type LoopEvent = { point: string; value: string } | { mail: string };

/** How a loop's process has ended. */
interface LoopEnd {
  code: number;
  signal: string | null;
}

const IN_CAPITALS: Work = ({ value }) => String(value).toUpperCase();
const MOST_ERROR_TEXT = 4_000;

/**
 * A process of its own that runs the very text of a loop that a reader sees,
 * with KafkaJS as published, and dies as `kill -9` kills at a point that is
 * chosen. It can be handed to `notebook.use()`, and ends with the process that
 * started it.
 *
 * @example Killed between the send and the commit
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("letters");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const child = new ChildLoop({
 *   from: topic,
 *   to: topic,
 *   groupId: freshName("nobody"),
 *   loop: async ({ kafka, to, reached, work }) => {
 *     const message = { value: "a" } as never;
 *     const producer = kafka.producer();
 *     await producer.connect();
 *     await producer.send({ topic: to, messages: [{ value: work(message) }] });
 *     reached("sent", message);
 *   },
 *   dies: { point: "sent", value: "a" },
 * });
 * await child.connect();
 * assertEquals((await child.ended).signal, "SIGKILL");
 * assertEquals(child.steps, [{ point: "sent", value: "a" }]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export class ChildLoop {
  /** The points that it has come to, in order. */
  readonly steps: { point: string; value: string }[] = [];
  /** What its work has mailed, in order. */
  readonly mails: string[] = [];
  readonly #ended: Promise<LoopEnd>;
  readonly #options: ChildLoopOptions;
  readonly #resolveEnded: (end: LoopEnd) => void;
  #process: Deno.ChildProcess | undefined;
  #isEnded = false;
  #errorText = "";

  /**
   * Starts nothing yet.
   *
   * @param options What it runs, and on what.
   */
  constructor(options: ChildLoopOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<LoopEnd>();
    this.#ended = promise;
    this.#resolveEnded = resolve;
  }

  /**
   * How its process has ended; `signal` is `SIGKILL` where it was killed.
   * Waiting for it ends at Stop, or after 60 s.
   *
   * @throws {DeadlineError} If it has not ended after 60 s.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile.
   */
  get ended(): Promise<LoopEnd> {
    return untilLoopEnds(this.#ended);
  }

  /**
   * Starts the process, and waits for the first point that the loop comes to.
   *
   * @throws {Error} If it ended before, with what it printed.
   * @throws {DeadlineError} If it has come to none after 30 s.
   * @throws {InterruptedError} If `interrupt()` is called meanwhile.
   */
  async connect(): Promise<void> {
    if (this.#process) return;
    this.#process = spawnLoop(
      "child_loop_program.ts",
      settingsOf(this.#options),
    );
    void this.#follow(this.#process);
    await until(() => this.steps.length > 0 || this.#isEnded, {
      what: () => `the loop to begin${this.#said()}`,
      deadlineMs: 30_000,
    }).catch(async (error) => {
      await this.disconnect();
      throw error;
    });
    if (this.steps.length === 0) {
      throw new Error(`The loop ended before its first point${this.#said()}`);
    }
  }

  /** Kills it, if it has not ended. */
  async disconnect(): Promise<void> {
    if (!this.#process) return;
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has just ended by itself.
    }
    await this.#ended;
  }

  async #follow(process: Deno.ChildProcess): Promise<void> {
    const reading = Promise.all([
      this.#readEvents(process.stdout),
      this.#readErrors(process.stderr),
    ]);
    const { code, signal } = await process.status;
    await reading;
    await process.stdin.close().catch(() => {});
    this.#isEnded = true;
    this.#resolveEnded({ code, signal });
  }

  async #readEvents(stream: Deno.ChildProcess["stdout"]): Promise<void> {
    for await (const line of linesOf(stream)) {
      if (!line.startsWith("{")) continue;
      const event: LoopEvent = JSON.parse(line);
      if ("mail" in event) this.mails.push(event.mail);
      else this.steps.push(event);
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

function settingsOf(options: ChildLoopOptions): LoopSettings {
  const { loop, work = IN_CAPITALS, transactionalId = "", ...rest } = options;
  return {
    ...rest,
    transactionalId,
    loop: String(loop),
    work: String(work),
  };
}
