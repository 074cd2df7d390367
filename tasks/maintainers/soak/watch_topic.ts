import type { Participants } from "./participants.ts";
import type { SoakTopic } from "./soak_topic.ts";
import type { Watched } from "./standstill.ts";

/**
 * What is watched of a topic: its producer, also while others cannot be
 * written, and the reader of its log.
 *
 * @param topic The topic.
 * @param participants All topics, and what produces to them.
 * @param nowMs The clock.
 * @returns What is watched.
 */
export function watchTopic(
  topic: SoakTopic,
  { topics, producing }: Pick<Participants, "topics" | "producing">,
  nowMs: () => number = () => performance.now(),
): Watched[] {
  const number = topics.length === 1 ? "" : ` ${topic.number}`;
  /** For how long records have waited, since some moment at the earliest, and none has had a result. */
  const waitsMs = (fromMs: number) => {
    const sinceMs = producing.waitsSinceMs(topic.name);
    return sinceMs === undefined ? 0 : nowMs() - Math.max(sinceMs, fromMs);
  };
  return [
    {
      name: topics.length === 1
        ? "the producer"
        : `the producer to topic${number}`,
      standsStillMs: () => topic.isUnwritable ? 0 : waitsMs(topic.changedMs),
    },
    {
      name: `the reader of the log${number}`,
      standsStillMs: () => topic.tail.standsStillMs,
    },
    {
      name: `the producer to topic${number}, beside one that is unwritable,`,
      isBesideUnwritable: true,
      standsStillMs() {
        const sick = topics.filter(({ isUnwritable }) => isUnwritable);
        if (sick.length === 0 || topic.isUnwritable) return 0;
        return waitsMs(Math.min(...sick.map(({ changedMs }) => changedMs)));
      },
    },
  ];
}
