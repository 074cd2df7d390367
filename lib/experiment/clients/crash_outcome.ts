import { committedOffsets } from "../../admin/group_offsets.ts";
import { until } from "../../client/until.ts";
import type { ClientLab } from "./client_lab.ts";
import { ClientProcess } from "./client_process.ts";
import type { TestedClient } from "./tested_client.ts";

/** What a crash came to. */
export interface CrashOutcome {
  /** How many records the first process had finished when it was killed. */
  finished: number;
  /** The group's committed offset then; undefined if it had committed nothing. */
  committed: number | undefined;
  /** How many finished records the second life was given again. */
  twice: number;
  /** How many records nobody finished. */
  never: number;
}

const RECORDS = 120;
const DEADLY = 30;
/** Longer than librdkafka's and Java's interval of automatic commits, 5 s. */
const LONG_MS = 8_000;
const SESSION_MS = 6_000;

/**
 * Gives a consumer 120 records: 30 quick ones, then one whose work takes 8 s,
 * at the end of which its process is killed as by `kill -9`. Then a second
 * life of the same group reads on to the end.
 *
 * @param lab Where it happens.
 * @param client The client.
 * @param options `safe`: with a commit after each record, where the client has it, in place of its automatic commits.
 * @returns What was committed, repeated and left out.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 * @throws {DeadlineError} If one of the two lives does not get on.
 */
export async function crashOutcome(
  lab: ClientLab,
  client: TestedClient,
  { safe = false }: { safe?: boolean } = {},
): Promise<CrashOutcome> {
  const topic = await lab.topic("crash", { partitions: 1 });
  const groupId = lab.group("crash");
  const values = Array.from({ length: RECORDS }, (_, n) => `${n}`);
  await sendAll(lab, topic, values);
  const broker = lab.brokers[0]!;
  const reading = { broker, topic, groupId, safe, sessionMs: SESSION_MS };

  await using first = new ClientProcess(client, {
    reading,
    long: {
      ...{ value: `${DEADLY}`, ms: LONG_MS, blocks: false, thenDies: true },
    },
  });
  const finished = await first.ended();
  const [commit] = await committedOffsets(lab.kafka, groupId, [topic]);

  await sendAll(lab, topic, ["end"]);
  const again: string[] = [];
  const second = await client.reader({
    ...reading,
    handle: async ({ value }) => void again.push(value),
  });
  await until(() => again.includes("end"), {
    what: () => `${client.name}'s second life, which got ${again.length}`,
    deadlineMs: 40_000,
  }).finally(() => second.close());
  return {
    finished: finished.length,
    committed: commit && Number(commit.offset),
    twice: finished.filter((value) => again.includes(value)).length,
    never:
      values.filter((value) =>
        !finished.includes(value) && !again.includes(value)
      ).length,
  };
}

async function sendAll(lab: ClientLab, topic: string, values: string[]) {
  const producer = lab.kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}
