import { pause } from "../../client/interrupt.ts";
import { until } from "../../client/until.ts";
import type { ClientLab } from "./client_lab.ts";
import { ClientProcess } from "./client_process.ts";
import type { Reader, TestedClient } from "./tested_client.ts";

/** How a handler takes long. */
export type LongWork = "awaits" | "blocks";

const SESSION_MS = 3_000;
/** More than three sessions. */
const LONG_MS = 10_000;

/**
 * Two members of a group, each with one of two partitions. One of them, in a
 * process of its own, gets a record whose work takes 10 s, with a session of
 * 3 s: it awaits for so long, or blocks the event loop. Commits follow each
 * record where the client has that.
 *
 * @param lab Where it happens.
 * @param client The client.
 * @param how How the work takes long.
 * @returns Whether the other member was given the record before the first had finished it.
 * @throws {DeadlineError} If the members do not share the partitions.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 */
export async function isTakenOver(
  lab: ClientLab,
  client: TestedClient,
  how: LongWork,
): Promise<boolean> {
  const topic = await lab.topic("long", { partitions: 2 });
  const groupId = lab.group("long");
  const broker = lab.brokers[0]!;
  const reading = { broker, topic, groupId, safe: true, sessionMs: SESSION_MS };
  const owner = new Map<number, "slow" | "other">();
  let hasOther = false;

  await using slow = new ClientProcess(client, {
    reading,
    long: {
      ...{ value: "long", ms: LONG_MS, blocks: how === "blocks" },
      thenDies: false,
    },
  });
  let other: Reader | undefined;
  const producer = lab.kafka.producer();
  await producer.connect();
  try {
    other = await client.reader({
      ...reading,
      async handle({ partition, value }) {
        owner.set(partition, "other");
        hasOther ||= value === "long";
      },
    });
    const send = (value: string, partitions: number[]) =>
      producer.send({
        topic,
        messages: partitions.map((partition) => ({ partition, value })),
      });
    const place = await until(async () => {
      const seen = slow.events.length;
      owner.clear();
      await send("short", [0, 1]);
      await pause(700);
      for (const event of slow.events.slice(seen)) {
        if ("partition" in event) owner.set(event.partition, "slow");
      }
      const [of0, of1] = [owner.get(0), owner.get(1)];
      if (!of0 || !of1 || of0 === of1) return undefined;
      return { partition: of0 === "slow" ? 0 : 1 };
    }, { what: `two members of ${client.name}`, deadlineMs: 45_000 });
    await send("long", [place.partition]);
    const isDone = () =>
      slow.events.some((event) =>
        event.what === "finished" && event.value === "long"
      );
    await until(() => hasOther || isDone(), {
      ...{ what: "the long record's end", deadlineMs: 3 * LONG_MS },
    });
    return hasOther;
  } finally {
    await producer.disconnect();
    await other?.close();
  }
}
