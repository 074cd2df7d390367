import { assertEquals } from "@std/assert";
import type { Participants } from "../../../../tasks/maintainers/soak/participants.ts";
import type { SoakTopic } from "../../../../tasks/maintainers/soak/soak_topic.ts";
import { watchTopic } from "../../../../tasks/maintainers/soak/watch_topic.ts";

/** Two topics, the second of which is unwritable or not since some seconds, while records wait for others. */
function waits(
  { waitS, isUnwritable, sinceS }: {
    waitS: number;
    isUnwritable: boolean;
    sinceS: number;
  },
) {
  const now = 1_000_000;
  const tail = { standsStillMs: 0 };
  const topics = [
    { number: 1, name: "a", isUnwritable: false, changedMs: 0, tail },
    {
      ...{ number: 2, name: "b", isUnwritable, tail },
      changedMs: now - sinceS * 1_000,
    },
  ] as unknown as SoakTopic[];
  const producing = { waitsSinceMs: () => now - waitS * 1_000 };
  return topics.map((topic) =>
    watchTopic(
      ...[topic, { topics, producing } as unknown as Participants] as const,
      () => now,
    )
      .filter(({ name }) => name.includes("producer"))
      .map(({ standsStillMs }) => standsStillMs() / 1_000)
  );
}

Deno.test("watchTopic() counts no wait of a topic that cannot be written, nor one from before it could", () => {
  const long = { waitS: 50, isUnwritable: true, sinceS: 30 };
  assertEquals(waits(long)[1], [0, 0]);
  assertEquals(waits({ ...long, isUnwritable: false })[1], [30, 0]);
});

Deno.test("watchTopic() counts a wait beside a topic that cannot be written from when it could not", () => {
  const long = { waitS: 50, isUnwritable: true, sinceS: 30 };
  assertEquals(waits(long)[0], [50, 30]);
  assertEquals(waits({ ...long, waitS: 5 })[0], [5, 5]);
  assertEquals(waits({ ...long, isUnwritable: false })[0], [50, 0]);
});
