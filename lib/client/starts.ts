import type { Consumer } from "kafkajs";

/**
 * Knows whether a consumer of KafkaJS is starting: joining its group at its
 * first start, or for one of the restarts that KafkaJS makes after a crash.
 * KafkaJS cannot be stopped meanwhile: it forgets the start, which goes on, and
 * then consumes.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * const consumer = kafkaClient().consumer({ groupId: "billing" });
 * const starts = new Starts(consumer);
 * if (starts.underWay) throw new Error("it has not begun to start");
 * ```
 */
export class Starts {
  #underWay: Promise<void> | undefined;
  #end = () => {};

  /** @param consumer A consumer that does not run yet. */
  constructor(consumer: Consumer) {
    const { GROUP_JOIN, CRASH } = consumer.events;
    // KafkaJS tells of a join before it counts as running, and of a crash before it sets its timer.
    consumer.on(GROUP_JOIN, () => void setTimeout(this.#end));
    consumer.on(CRASH, ({ payload: { restart } }) => {
      setTimeout(this.#end);
      if (restart) this.#begin();
    });
  }

  /**
   * Starts the consumer for the first time.
   *
   * @param run Calls KafkaJS's `run()`.
   * @throws What that throws.
   */
  async first(run: () => Promise<void>): Promise<void> {
    this.#begin();
    try {
      await run();
    } finally {
      this.#end();
    }
  }

  /** Resolves when the start that is under way has ended, whether it joined or crashed. */
  get underWay(): Promise<void> | undefined {
    return this.#underWay;
  }

  #begin(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#underWay = promise;
    this.#end = () => {
      if (this.#underWay === promise) this.#underWay = undefined;
      resolve();
    };
  }
}
