import type { Kafka, Producer } from "kafkajs";
import { pause } from "lib/client/interrupt.ts";
import { until } from "lib/client/until.ts";
import { SerialProducer } from "lib/producer/serial_producer.ts";
import { random } from "../random.ts";
import { nameOf, type RecordCheck, type RecordName } from "./record_check.ts";

/** What sends: resolves to where the record lies. */
interface Sends {
  send: (
    record: { topic: string; key: string; value: string },
  ) => Promise<{ partition: number; offset: bigint }>;
  close: (timeoutMs: number) => Promise<void>;
}

const KEYS = 24;
const PAUSE_MS = 100;
/** How many records each pause brings, at most and about twice as many as on average. */
const MOST_AT_ONCE = 16;
/** A record that takes longer is given up; faults are over sooner. */
const DELIVERY_MS = 90_000;
const CLOSE_MS = 60_000;

/** Sends records of some keys all the time, some 80 a second, and tells the check what became of each. */
export class Producing {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #check: RecordCheck;
  readonly #isUnsafe: boolean;
  readonly #isFarAhead: () => boolean;
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;
  #sends: Sends | undefined;
  #lastAnswerMs = performance.now();
  #open = 0;

  constructor(
    kafka: Kafka,
    { topic, check, isUnsafe, isFarAhead }: {
      topic: string;
      check: RecordCheck;
      isUnsafe: boolean;
      /** Whether those that work on the records need a rest. */
      isFarAhead: () => boolean;
    },
  ) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#check = check;
    this.#isUnsafe = isUnsafe;
    this.#isFarAhead = isFarAhead;
  }

  /** For how long records have waited and none has had a result. */
  get standsStillMs(): number {
    return this.#open === 0 ? 0 : performance.now() - this.#lastAnswerMs;
  }

  async start(seed: number): Promise<void> {
    this.#sends = this.#isUnsafe
      ? await plainSends(this.#kafka)
      : await serialSends(this.#kafka);
    this.#working = this.#work(random(seed));
  }

  /** Sends no more, and waits for all results, or gives up on them after a while. */
  async end(timeoutMs = CLOSE_MS): Promise<void> {
    this.#stop.abort();
    await this.#working;
    if (timeoutMs > 0) await this.#untilAnswered(timeoutMs);
    await this.#sends?.close(timeoutMs);
    this.#sends = undefined;
  }

  /** KafkaJS's `disconnect()` does not wait for sends: they go on afterwards. */
  async #untilAnswered(deadlineMs: number): Promise<void> {
    await until(() => this.#open === 0, { what: "all results", deadlineMs })
      .catch(() => {});
  }

  async #work(chance: ReturnType<typeof random>): Promise<void> {
    const numbers = new Map<string, number>();
    while (!this.#stop.signal.aborted) {
      const count = this.#isFarAhead() ? 0 : chance.below(MOST_AT_ONCE + 1);
      for (let left = count; left > 0; left--) {
        const key = `k${chance.below(KEYS)}`;
        const number = numbers.get(key) ?? 0;
        numbers.set(key, number + 1);
        void this.#send({ key, number });
      }
      await pause(PAUSE_MS, this.#stop.signal).catch(() => {});
    }
  }

  async #send(record: RecordName): Promise<void> {
    if (this.#open++ === 0) this.#lastAnswerMs = performance.now();
    this.#check.sent();
    try {
      const place = await this.#sends!.send({
        topic: this.#topic,
        key: record.key,
        value: nameOf(record),
      });
      this.#check.acknowledged(record, place);
    } catch (error) {
      this.#check.givenUp(record, error as Error);
    }
    this.#open--;
    this.#lastAnswerMs = performance.now();
  }
}

async function serialSends(kafka: Kafka): Promise<Sends> {
  const producer = new SerialProducer(kafka, {
    lingerMs: 5,
    deliveryTimeoutMs: DELIVERY_MS,
  });
  await producer.connect();
  return {
    send: (record) => producer.add(record),
    close: (timeoutMs) => producer.close({ timeoutMs }),
  };
}

/** What one would write at first: idempotent, and nobody waits for the send before. */
async function plainSends(kafka: Kafka): Promise<Sends> {
  const producer: Producer = kafka.producer({ idempotent: true });
  await producer.connect();
  return {
    async send({ topic, ...message }) {
      const [written] = await producer.send({ topic, messages: [message] });
      const { partition, baseOffset } = written!;
      return { partition, offset: BigInt(baseOffset!) };
    },
    close: () => producer.disconnect(),
  };
}
