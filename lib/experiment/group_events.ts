import type { Consumer } from "kafkajs";

/** Something that happens to a member of a group. */
export type GroupEvent =
  | {
    member: string;
    /** It has been given an assignment: partitions by topic, none if it idles. */
    type: "joined";
    assignment: Record<string, number[]>;
    /**
     * The id that the coordinator gave it. One that joins under another id than
     * before was removed from the group in between, mostly for its silence.
     */
    memberId?: string;
  }
  | {
    member: string;
    /**
     * It stopped working to join again (`rebalancing`), left in an orderly way
     * (`left`), left because of an error (`crashed`), or its process was ended (`killed`).
     */
    type: "rebalancing" | "left" | "crashed" | "killed";
  }
  | {
    member: string;
    /** It has processed a record. */
    type: "processed";
    topic: string;
    partition: number;
  };

/**
 * Reports what happens to a consumer of KafkaJS as a member of its group, from
 * its instrumentation events. The records that it processes are not among them.
 *
 * @param consumer The consumer. Listen before `run()`, or its first join is missed.
 * @param member What to call it.
 * @param listener Called with each event as it happens.
 * @returns Stops listening.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const consumer = kafkaClient().consumer({ groupId: "billing" });
 * const stop = watchGroupEvents(consumer, "A", ({ member, type }) => console.log(member, type));
 * stop();
 * ```
 */
export function watchGroupEvents(
  consumer: Consumer,
  member: string,
  listener: (event: GroupEvent) => void,
): () => void {
  const { GROUP_JOIN, REBALANCING, STOP, DISCONNECT, CRASH } = consumer.events;
  let isIn = false;
  const leave = () => {
    // A stop and the disconnecting after it are one departure.
    if (isIn) listener({ member, type: "left" });
    isIn = false;
  };
  const removals = [
    consumer.on(GROUP_JOIN, ({ payload }) => {
      isIn = true;
      const { memberAssignment: assignment, memberId } = payload;
      listener({ member, type: "joined", assignment, memberId });
    }),
    consumer.on(
      REBALANCING,
      () => listener({ member, type: "rebalancing" }),
    ),
    consumer.on(STOP, leave),
    consumer.on(DISCONNECT, leave),
    consumer.on(CRASH, () => {
      isIn = false;
      listener({ member, type: "crashed" });
    }),
  ];
  return () => removals.forEach((remove) => remove());
}
