/**
 * Does something again and again in the background, one round after another,
 * with a pause between two.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * let looks = 0;
 * const rounds = new Rounds(() => Promise.resolve(void looks++), 60_000);
 * await rounds.begin();
 * await rounds.end();
 * assertEquals(looks, 1);
 * ```
 */
export class Rounds {
  readonly #look: () => Promise<void>;
  readonly #everyMs: number;
  #working: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #isEnding = false;

  /**
   * Begins with {@linkcode Rounds.begin}.
   *
   * @param look One round; what it throws ends the rounds, and nobody handles it before `end()`.
   * @param everyMs How long the pause is, in milliseconds.
   */
  constructor(look: () => Promise<void>, everyMs: number) {
    this.#look = look;
    this.#everyMs = everyMs;
  }

  /** Begins, and returns after the first round. */
  async begin(): Promise<void> {
    this.#isEnding = false;
    await this.#look();
    this.#working = this.#keepLooking();
  }

  /** Ends, after the round under way. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#wake?.();
    await this.#working;
  }

  async #keepLooking(): Promise<void> {
    while (!this.#isEnding) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#everyMs);
        this.#wake = () => (clearTimeout(timer), resolve());
      });
      if (!this.#isEnding) await this.#look();
    }
  }
}
