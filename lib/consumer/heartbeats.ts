/** How often a member says that it is alive: often enough for any session, of which 6 s is the shortest that a broker allows by default. */
export const HEARTBEAT_MS = 500;

/**
 * Does some work as a member that is alive. KafkaJS sends heartbeats between
 * records only, so a handler that works longer than the session
 * (`session.timeout.ms`) is ejected, and another member gets the same records
 * (kafkajs#447, #1527). Java sends them beside the work, as this does, up to
 * `max.poll.interval.ms`, which KafkaJS lacks. What blocks the event loop
 * blocks the heartbeats, too.
 *
 * @param payload What KafkaJS gives to `eachMessage` or `eachBatch`. Its `heartbeat` is
 * called every {@linkcode HEARTBEAT_MS}; an error of it is left to the next heartbeat of KafkaJS's own.
 * @param work What to do.
 * @returns What the work returns.
 * @throws What the work throws.
 *
 * @example Usage
 * ```ts
 * let heartbeats = 0;
 * const payload = { heartbeat: () => Promise.resolve(void heartbeats++) };
 *
 * await withHeartbeats(payload, () => new Promise((resolve) => setTimeout(resolve, 600)));
 * if (heartbeats === 0) throw new Error("half a second is long enough for one");
 * ```
 */
export async function withHeartbeats<T>(
  { heartbeat }: { heartbeat: () => Promise<void> },
  work: () => T | Promise<T>,
): Promise<T> {
  // That the group is rebalancing, KafkaJS finds by its own heartbeat after the work, when what
  // was done can still be committed. To fail here would have the work done twice.
  const timer = setInterval(() => heartbeat().catch(() => {}), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
