import type { Kafka } from "kafkajs";
import { lagOf } from "../admin/lag.ts";
import { checkOptions } from "./check_options.ts";
import { type Standstill, Standstills } from "./standstill.ts";

/** How {@linkcode watchProgress} watches. */
export interface WatchProgressOptions {
  /** The group's id. */
  groupId: string;
  /** Its topics. By default those in which it has committed. */
  topics?: string[];
  /** How long from one look to the next, in milliseconds. 10 s by default. */
  everyMs?: number;
  /** How long a position has to stand still, in milliseconds: longer than from one commit to the next. 1 min by default. */
  stillMs?: number;
  /** Called once for each partition that stands still, and again when it has moved and stopped anew. */
  onStandstill: (standstill: Standstill) => void;
  /** Called when a look has failed, with how many in a row. By default there is a line on stderr at the third: a watchdog that sees nothing must not look content. */
  onBlind?: (error: unknown, failures: number) => void;
}

/** A watch that goes on until it is stopped. */
export interface ProgressWatch extends AsyncDisposable {
  /** Ends it, after a look that is under way. */
  stop(): Promise<void>;
}

const WARN_AT = 3;

/**
 * Watches from outside whether a group gets on: a position that stands still
 * while the log grows. Heartbeats do not show that, as they go on beside a
 * handler that waits forever, and neither does the absence of errors.
 *
 * Let it run in another process than the consumer: what blocks an event loop
 * blocks a watchdog in it, too.
 *
 * @param kafka The cluster.
 * @param options Whom to watch, how closely, and whom to tell.
 * @returns The watch, to be stopped.
 * @throws {RangeError} If a number among the options is wrong.
 * @throws {TypeError} If a callback is not a function.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const watch = watchProgress(kafkaClient(), {
 *   groupId: "billing",
 *   topics: [],
 *   onStandstill: ({ topic, partition, committed, lag }) =>
 *     console.error(`${topic}-${partition} stands at ${committed}, ${lag} behind`),
 * });
 * await watch.stop();
 * ```
 */
export function watchProgress(
  kafka: Kafka,
  {
    groupId,
    topics,
    everyMs = 10_000,
    stillMs = 60_000,
    onStandstill,
    onBlind = (error, failures) => {
      if (failures !== WARN_AT) return;
      console.error(`Cannot see how group '${groupId}' gets on: ${error}`);
    },
  }: WatchProgressOptions,
): ProgressWatch {
  checkOptions("watch a group's progress", {
    "a number of milliseconds, 1 or more": { everyMs, stillMs },
    "a function": { onStandstill, onBlind },
  });
  const stills = new Standstills(stillMs);
  const ended = Promise.withResolvers<void>();
  let isEnded = false;
  let failures = 0;
  const look = async () => {
    try {
      const lags = await lagOf(kafka, groupId, topics);
      failures = 0;
      stills.look(lags, performance.now()).forEach(onStandstill);
    } catch (error) {
      onBlind(error, ++failures);
    }
  };
  const watching = (async () => {
    while (!isEnded) {
      await look();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const later = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, everyMs);
      });
      await Promise.race([later, ended.promise]);
      clearTimeout(timer);
    }
  })();
  const stop = async () => {
    isEnded = true;
    ended.resolve();
    await watching;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}
