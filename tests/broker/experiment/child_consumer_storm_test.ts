import { assert, assertEquals } from "@std/assert";
import { logLevel } from "kafkajs";
import { pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../../_patience.ts";
import { ChildConsumer } from "lib/experiment/child_consumer.ts";
import {
  type TopicWithGroup,
  withTopicAndGroup,
} from "../_topic_with_group.ts";

const PARTITIONS = [0, 1, 2, 3];
const EVERY_MS = 1_500;
/** Ten changes of the group in fifteen seconds. */
const STORM = [
  ...["join", "kill", "join", "leave", "join"],
  ...["kill", "join", "leave", "join", "kill"],
] as const;

const kafka = kafkaClient({ logLevel: logLevel.NOTHING });

/** The members of one group, those that are gone among them. */
class Members {
  readonly all: ChildConsumer[] = [];
  readonly #living: ChildConsumer[] = [];
  readonly #options;

  constructor({ topic, groupId }: TopicWithGroup) {
    this.#options = {
      ...{ topic, groupId, commit: "each record" as const, workMs: 5 },
      consumerConfig: {
        ...{ sessionTimeout: 2_000, heartbeatInterval: 200 },
        rebalanceTimeout: 5_000,
      },
    };
  }

  /** A new one; it is not waited for, as in a storm another may come first. */
  join(): Promise<void> {
    const child = new ChildConsumer(this.#options);
    this.all.push(child);
    this.#living.push(child);
    return child.connect();
  }

  /** The oldest one ends without a word. */
  kill() {
    this.#living.shift()!.kill();
  }

  /** The oldest one says that it goes. */
  leave(): Promise<void> {
    return this.#living.shift()!.disconnect();
  }

  /** Whether any of them has processed a record. */
  hasProcessed(partition: number, offset: number): boolean {
    return this.all.some(({ processed }) =>
      processed.some((record) =>
        record.partition === partition && record.offset === BigInt(offset)
      )
    );
  }

  async end() {
    await Promise.all(this.all.map((child) => child[Symbol.asyncDispose]()));
  }
}

/** The offsets of a partition, in the order in which one member processed them. */
function offsetsOf(child: ChildConsumer, partition: number): number[] {
  return child.processed.filter((record) => record.partition === partition)
    .map(({ offset }) => Number(offset));
}

/** The offsets that come behind a higher one, and were not processed before it. */
function outOfOrder(offsets: number[]): number[] {
  const seen = new Set<number>();
  let highest = -1;
  return offsets.filter((offset) => {
    const isLate = offset < highest && !seen.has(offset);
    seen.add(offset);
    highest = Math.max(highest, offset);
    return isLate;
  });
}

Deno.test("a group that ten members join and leave in 15 s loses nothing, repeats little, and goes on", () =>
  withTopicAndGroup(kafka, { partitions: PARTITIONS.length }, async (own) => {
    const members = new Members(own);
    let rounds = 0;
    const send = async () => {
      await own.send(
        PARTITIONS.map((partition) => ({ partition, value: `${rounds}` })),
      );
      rounds++;
    };
    try {
      await Promise.all([members.join(), members.join()]);
      const changes: Promise<unknown>[] = [];
      for (const change of STORM) {
        changes.push(Promise.resolve(members[change]()));
        for (let waited = 0; waited < EVERY_MS; waited += 75) {
          await Promise.all([send(), pause(75)]);
        }
      }
      await send();
      const last = rounds - 1;
      await until(
        () =>
          PARTITIONS.every((partition) =>
            members.hasProcessed(partition, last)
          ),
        { what: "what was sent after the last change, of each partition" },
      );
      await Promise.all(changes);
      let processed = 0;
      for (const partition of PARTITIONS) {
        const byMember = members.all.map((each) => offsetsOf(each, partition));
        assertEquals(byMember.flatMap(outOfOrder), []);
        const different = new Set(byMember.flat());
        assertEquals(different.size, rounds, `all of partition ${partition}`);
        processed += byMember.flat().length;
      }
      const twice = processed - rounds * PARTITIONS.length;
      // Each is committed when it is done, so a change repeats one of each partition at most.
      assert(twice <= STORM.length * PARTITIONS.length, `${twice} again`);
    } finally {
      await members.end();
    }
  }));
