import { pause } from "lib/client/interrupt.ts";
import {
  ChildConsumer,
  type ChildConsumerOptions,
  type ChildEvent,
  type KillAt,
} from "lib/experiment/child_consumer.ts";

/** What a crew's members do, and who hears them. */
export interface CrewOptions {
  /** What to call it. */
  name: string;
  /** How each of its members consumes. */
  consumer: Omit<ChildConsumerOptions, "member" | "killAt" | "onEvent">;
  onEvent: (member: string, event: ChildEvent) => void;
  /** Hears of members that ended by themselves. */
  onNote: (line: string) => void;
}

const RESTART_MS = 500;
/** A visitor that has not met its record by then is killed where it is. */
const VISIT_MS = 15_000;

/**
 * Keeps a group at work, as a supervisor does: a steady member in a process of
 * its own is started again whenever it has ended. Visitors come to be killed.
 */
export class Crew {
  readonly counts = { crashes: 0, "ended by itself": 0 };
  readonly #options: CrewOptions;
  readonly #members = new Set<ChildConsumer>();
  readonly #visits = new Set<Promise<void>>();
  #steady: ChildConsumer | undefined;
  #working: Promise<void> | undefined;
  #isEnding = false;
  #number = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** The ids of all processes that it has started and that have not ended. */
  get processes(): number[] {
    return [...this.#members].flatMap(({ pid }) => pid ?? []);
  }

  start(): void {
    this.#working = this.#keepOne();
  }

  /** Kills the steady member now, or lets a visitor come that dies at its record. */
  crash(killAt: KillAt | "now"): void {
    if (killAt === "now") return this.#steady?.kill();
    const visit: Promise<void> = this.#visit(killAt)
      .finally(() => this.#visits.delete(visit));
    this.#visits.add(visit);
  }

  /** Lets all finish and leave the group. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([...this.#members].map((child) => child.disconnect()));
    await Promise.all([this.#working, ...this.#visits]);
  }

  /** Kills all. */
  async kill(): Promise<void> {
    this.#isEnding = true;
    for (const child of this.#members) child.kill();
    await Promise.all([this.#working, ...this.#visits]);
  }

  async #keepOne(): Promise<void> {
    while (!this.#isEnding) {
      await this.#run({}, (child) => {
        this.#steady = child;
        return child.ended;
      });
      if (!this.#isEnding) await pause(RESTART_MS, NEVER);
    }
  }

  async #visit(killAt: KillAt): Promise<void> {
    await this.#run({ killAt }, async (child) => {
      const late = setTimeout(() => child.kill(), VISIT_MS);
      await child.ended;
      clearTimeout(late);
    });
  }

  /** Starts a member and follows it to its end. */
  async #run(
    more: { killAt?: KillAt },
    follow: (child: ChildConsumer) => Promise<unknown>,
  ): Promise<void> {
    const { name, consumer, onEvent, onNote } = this.#options;
    const member = `${name} ${++this.#number}`;
    const child = new ChildConsumer({
      ...consumer,
      ...more,
      member,
      onEvent: (event) => onEvent(member, event),
    });
    this.#members.add(child);
    let why = "";
    // It may end, or be killed, before it has joined.
    await Promise.all([
      child.connect().catch((error) => why = error.message),
      follow(child),
    ]);
    this.#members.delete(child);
    const { signal, code } = await child.ended;
    if (signal !== null) {
      this.counts.crashes++;
    } else if (!this.#isEnding) {
      this.counts["ended by itself"]++;
      onNote(`${member} ended by itself (${code})${why && `: ${why}`}`);
    }
  }
}

/** A supervisor goes on whatever is stopped. */
const NEVER = new AbortController().signal;
