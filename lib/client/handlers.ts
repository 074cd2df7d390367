import { AsyncLocalStorage } from "node:async_hooks";
import type { ConsumerRunConfig } from "kafkajs";

/**
 * Knows which handlers of a consumer run, and whether a call comes from inside
 * one: what waits for the handlers' end must not be awaited there.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers();
 * await handlers.run(async () => assertEquals([handlers.isInside(), handlers.count], [true, 1]));
 * assertEquals([handlers.isInside(), handlers.count], [false, 0]);
 * ```
 */
export class Handlers {
  #count = 0;
  readonly #context = new AsyncLocalStorage<{ runs: boolean }>();

  /** How many handlers run now. */
  get count(): number {
    return this.#count;
  }

  /**
   * Whether this is called from inside a handler that still runs. What a
   * handler has started and not awaited is outside once the handler has returned.
   *
   * @returns Whether it is.
   */
  isInside(): boolean {
    return this.#context.getStore()?.runs ?? false;
  }

  /**
   * Runs a handler.
   *
   * @param handler What to run.
   * @returns What it returns.
   * @throws What it throws.
   */
  async run<T>(handler: () => T | Promise<T>): Promise<T> {
    const state = { runs: true };
    this.#count++;
    try {
      return await this.#context.run(state, handler);
    } finally {
      state.runs = false;
      this.#count--;
    }
  }

  /**
   * Makes the handlers of a consumer's configuration known here.
   *
   * @param config What `consumer.run()` is to be given.
   * @returns The same with wrapped handlers.
   */
  wrap(config: ConsumerRunConfig): ConsumerRunConfig {
    const { eachMessage, eachBatch } = config;
    return {
      ...config,
      ...(eachMessage
        ? { eachMessage: (payload) => this.run(() => eachMessage(payload)) }
        : {}),
      ...(eachBatch
        ? { eachBatch: (payload) => this.run(() => eachBatch(payload)) }
        : {}),
    };
  }
}
