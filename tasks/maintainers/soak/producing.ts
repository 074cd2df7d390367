import type { Kafka, Producer } from "kafkajs";
import { pause } from "lib/client/interrupt.ts";
import { until } from "lib/client/until.ts";
import { SafeProducer } from "lib/producer/safe_producer.ts";
import { random } from "lib/experiment/random.ts";
import type { RecordCheck } from "./record_check.ts";
import { nameOf, type RecordName } from "./record_name.ts";

/** What sends: resolves to where the record lies. */
interface Sends {
  send: (
    record: { topic: string; key: string; value: string },
  ) => Promise<{ partition: number; offset: bigint }>;
  close: (timeoutMs: number) => Promise<void>;
}

const KEYS = 24;
const PAUSE_MS = 100;
/** A record that takes longer is given up; faults are over sooner. */
const DELIVERY_MS = 90_000;
const CLOSE_MS = 60_000;

/** A topic that is produced to. */
export interface ProducedTopic {
  name: string;
  /** Hears what became of each record. */
  records: Pick<RecordCheck, "sent" | "acknowledged" | "givenUp">;
  /** How many records each tenth of a second brings, at most and about twice as many as on average. */
  mostAtOnce: number;
  /** Whether those that work on the records need a rest. */
  isFarAhead: () => boolean;
}

/** Sends records of some keys to topics all the time, and tells their checks what became of each. */
export class Producing {
  readonly #kafka: Kafka;
  readonly #isUnsafe: boolean;
  readonly #flows: Flow[];
  readonly #stop = new AbortController();
  #working: Promise<unknown> | undefined;
  #sends: Sends | undefined;

  constructor(
    kafka: Kafka,
    { topics, isUnsafe }: { topics: ProducedTopic[]; isUnsafe: boolean },
  ) {
    this.#kafka = kafka;
    this.#isUnsafe = isUnsafe;
    this.#flows = topics.map((topic) => new Flow(topic));
  }

  /** When a topic had its last result, while records wait for one. */
  waitsSinceMs(topic: string): number | undefined {
    return this.#flows.find(({ name }) => name === topic)?.waitsSinceMs;
  }

  async start(seed: number): Promise<void> {
    const sends = this.#isUnsafe
      ? await plainSends(this.#kafka)
      : await safeSends(this.#kafka);
    this.#sends = sends;
    this.#working = Promise.all(
      this.#flows.map((flow, index) =>
        flow.work(sends, random(seed + index), this.#stop.signal)
      ),
    );
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
    await until(() => this.#flows.every(({ open }) => open === 0), {
      what: "all results",
      deadlineMs,
    }).catch(() => {});
  }
}

/** The records of one topic. */
class Flow {
  /** How many records have no result yet. */
  open = 0;
  readonly #topic: ProducedTopic;
  #lastAnswerMs = 0;

  constructor(topic: ProducedTopic) {
    this.#topic = topic;
  }

  get name(): string {
    return this.#topic.name;
  }

  get waitsSinceMs(): number | undefined {
    return this.open === 0 ? undefined : this.#lastAnswerMs;
  }

  async work(
    sends: Sends,
    chance: ReturnType<typeof random>,
    stop: AbortSignal,
  ): Promise<void> {
    const { mostAtOnce, isFarAhead } = this.#topic;
    const numbers = new Map<string, number>();
    while (!stop.aborted) {
      const count = isFarAhead() ? 0 : chance.below(mostAtOnce + 1);
      for (let left = count; left > 0; left--) {
        const key = `k${chance.below(KEYS)}`;
        const number = numbers.get(key) ?? 0;
        numbers.set(key, number + 1);
        void this.#send(sends, { key, number });
      }
      await pause(PAUSE_MS, stop).catch(() => {});
    }
  }

  async #send(sends: Sends, record: RecordName): Promise<void> {
    const { name: topic, records } = this.#topic;
    if (this.open++ === 0) this.#lastAnswerMs = performance.now();
    records.sent(record);
    try {
      const value = nameOf(record);
      const place = await sends.send({ topic, key: record.key, value });
      records.acknowledged(record, place);
    } catch (error) {
      records.givenUp(record, error as Error);
    }
    this.open--;
    this.#lastAnswerMs = performance.now();
  }
}

async function safeSends(kafka: Kafka): Promise<Sends> {
  const producer = new SafeProducer(kafka, {
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
