import { assertEquals } from "@std/assert";
import type { Consumer, Kafka } from "kafkajs";
import { freshName } from "lib/admin/topic.ts";
import { PATIENCE_MS, until } from "../_patience.ts";
import { consume } from "lib/consumer/consume.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { type FoundRecord, Ledger } from "lib/experiment/ledger.ts";
import { SafeProducer } from "lib/producer/safe_producer.ts";

/** How a {@linkcode RecordFlow} flows. */
export interface RecordFlowOptions {
  /** How many records are sent each second. 50 by default. */
  perSecond?: number;
  /** After how long a record without an answer is refused, in milliseconds. 40 s by default. */
  deliveryTimeoutMs?: number;
}

/** A record that was acknowledged: when it was handed over, and when the answer came. */
interface Answer {
  partition: number;
  sentAt: number;
  answeredAt: number;
}

/**
 * Numbered records that flow through a topic while faults happen: sent at an
 * even pace by the safe producer, consumed by a group with background commits.
 */
export class RecordFlow implements AsyncDisposable {
  /** What was sent and answered; `end()` adds what the consumer got. */
  readonly ledger = new Ledger();
  readonly answers: Answer[] = [];
  readonly consumed: FoundRecord[] = [];
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #producer: SafeProducer;
  readonly #consumer: Consumer;
  readonly #sends: Promise<unknown>[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(
    kafka: Kafka,
    topic: string,
    { deliveryTimeoutMs = 40_000 }: RecordFlowOptions,
  ) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#producer = new SafeProducer(kafka, { deliveryTimeoutMs });
    this.#consumer = kafka.consumer({ groupId: freshName("flow") });
  }

  /** Begins, and returns when records have come through. */
  static async start(
    kafka: Kafka,
    topic: string,
    options: RecordFlowOptions = {},
  ): Promise<RecordFlow> {
    const flow = new RecordFlow(kafka, topic, options);
    await flow.#start(1_000 / (options.perSecond ?? 50));
    return flow;
  }

  async #start(everyMs: number): Promise<void> {
    await Promise.all([this.#producer.connect(), this.#consumer.connect()]);
    await this.#consumer.subscribe({ topic: this.#topic, fromBeginning: true });
    await consume(this.#consumer, {
      commit: "background",
      process: ({ partition, value }) =>
        void this.consumed.push({ partition, value: String(value) }),
    });
    this.#timer = setInterval(() => this.#send(), everyMs);
    await until(() => this.consumed.length > 50, {
      what: "the first 50 records",
    });
  }

  #send(): void {
    const name = String(this.#sends.length);
    const sentAt = performance.now();
    this.#sends.push(this.ledger.send(name, async () => {
      // Few keys, so that the order within each partition is the order of sending.
      const key = String(this.#sends.length % 7);
      const { partition } = await this.#producer.add({
        ...{ topic: this.#topic, key, value: name },
      });
      this.answers.push({ partition, sentAt, answeredAt: performance.now() });
    }));
  }

  /** Waits until a record that is sent from now on is acknowledged, in the partition if one is given. */
  async untilProduced({ partition }: { partition?: number } = {}): Promise<
    void
  > {
    const from = performance.now();
    await until(() =>
      this.answers.some((answer) =>
        answer.sentAt > from &&
        (partition === undefined || answer.partition === partition)
      ), { what: "an acknowledgement", intervalMs: 10 });
  }

  /** Waits until a record is consumed that was not before. */
  async untilConsumed(deadlineMs = PATIENCE_MS): Promise<void> {
    const from = this.#sends.length;
    await until(
      () => this.consumed.some(({ value }) => Number(value) >= from),
      { what: "a record to be consumed", deadlineMs, intervalMs: 10 },
    );
  }

  /**
   * Sends no more, waits for each record's answer and for what was
   * acknowledged to be consumed, and checks what must hold under every fault:
   * nothing acknowledged is lost, each partition is in order, the log holds
   * nothing twice, and every record has had an answer.
   */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#sends);
    await until(() => this.ledger.read(this.consumed).counts.lost === 0, {
      what: () => `records ${this.ledger.lost} to be consumed`,
    });
    const { sent, acknowledged, refused, reordered } = this.ledger.counts;
    assertEquals([sent, reordered], [acknowledged + refused, 0]);
    const log = new Ledger();
    log.sent(this.#sends.map((_, n) => String(n)));
    log.read(await readTopic(this.#kafka, this.#topic));
    assertEquals([log.duplicated, log.reordered], [[], []]);
  }

  /** Closes, whatever has happened before. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([
      this.#producer.close({ timeoutMs: 0 }),
      this.#consumer.disconnect().catch(() => {}),
    ]);
    await Promise.all(this.#sends);
  }
}
