import type { Consumer } from "kafkajs";

/**
 * Thrown by a wait that a consumer's crash has made vain. Its `cause` is the
 * consumer's error.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const error = new ConsumerCrashError("12 records", {
 *   groupId: "billing",
 *   error: new Error("no such codec"),
 * });
 * assertEquals(
 *   error.message,
 *   "Waited for 12 records, in vain: the consumer of group 'billing' has crashed: no such codec",
 * );
 * ```
 */
export class ConsumerCrashError extends Error {
  override name = "ConsumerCrashError";

  /**
   * @param what What was awaited.
   * @param crash Whose consumer has crashed, and of what.
   */
  constructor(what: string, { groupId, error }: Crash) {
    super(
      `Waited for ${what}, in vain: the consumer of group '${groupId}' has crashed: ${error.message}`,
      { cause: error },
    );
  }
}

/** A consumer's end by an error, after which KafkaJS does not start it again. */
export interface Crash {
  /** The consumer's group. */
  groupId: string;
  /** What ended it. */
  error: Error;
}

/** The last crash of a consumer that is watched, until a wait has reported it. */
let noted: Crash & { isTold: boolean } | undefined;

/**
 * Watches a consumer, so that its crash ends the waits of this library
 * (`until()`) that it makes vain, at once and with its reason, in place of
 * their deadline. KafkaJS itself writes a crash to the log, and emits an event.
 * A crash after which it starts the consumer again ends no wait.
 *
 * The crash ends the waits that are under way, and the next one if there is
 * none. A wait for something that has come by then, such as for the crash
 * itself, ends as it is meant to. `notebook.use()` calls this: in a notebook
 * what is awaited comes by the consumers that it uses. A service with several
 * consumers had better look at each one's end.
 *
 * @param consumer A consumer that does not run yet.
 * @returns The consumer.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * const consumer = endWaitsOnCrash(kafkaClient().consumer({ groupId: "billing" }));
 * consumer.on(consumer.events.CRASH, () => {}); // it may have other listeners, too
 * ```
 */
export function endWaitsOnCrash(consumer: Consumer): Consumer {
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    const { groupId, error, restart } = payload;
    if (!restart) noted = { groupId, error, isTold: false };
  });
  return consumer;
}

/**
 * Forgets a crash that no wait has reported, because what follows has nothing to
 * do with it, such as the end of a notebook.
 *
 * @example Usage
 * ```ts
 * forgetCrash();
 * ```
 */
export function forgetCrash(): void {
  noted = undefined;
}

/**
 * What a wait asks for: the crash that would make it vain. A crash that an
 * earlier wait has reported is over for a wait that begins later.
 *
 * @returns A function that returns the crash, and one that notes that it was reported.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { crash, tell } = watchForCrash();
 * assertEquals(crash(), undefined);
 * tell();
 * ```
 */
export function watchForCrash(): {
  crash: () => Crash | undefined;
  tell: () => void;
} {
  if (noted?.isTold) noted = undefined;
  return {
    crash: () => noted,
    tell() {
      if (noted) noted.isTold = true;
    },
  };
}
