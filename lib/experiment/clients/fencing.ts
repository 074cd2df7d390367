import { readTopic } from "../../consumer/read_topic.ts";
import { settlesWithin } from "../../consumer/settles_within.ts";
import { answerOf } from "./answer_of.ts";
import type { ClientLab } from "./client_lab.ts";
import type { TestedClient } from "./tested_client.ts";

/** What became of two producers with one transactional id. */
export interface FencingOutcome {
  /** The answer to the new producer's transaction. */
  newOwner: Awaited<ReturnType<typeof answerOf>>;
  /** The answer to the old one's commit, which came after it. */
  zombie: Awaited<ReturnType<typeof answerOf>>;
  /** What a `read_committed` consumer can read. */
  readable: string;
}

const CLOSE_MS = 3_000;

/**
 * Opens a transaction, then starts a second producer with the same
 * transactional id, which commits a transaction of its own; then the first one
 * commits. Kafka's rule is that the newer one fences the older one.
 *
 * @param lab Where it happens.
 * @param client A client with transactions.
 * @param options `safe`: with what the client needs for it.
 * @returns What each was told, and what can be read.
 * @throws {CorruptRecordError} If what was stored is damaged.
 * @throws {DeadlineError} If the topic cannot be read in time.
 * @throws {TypeError} If the client has no transactions.
 */
export async function fencing(
  lab: ClientLab,
  client: TestedClient,
  { safe = false }: { safe?: boolean } = {},
): Promise<FencingOutcome> {
  if (!client.transactions) {
    throw new TypeError(
      `Cannot try transactions as ${client.name} ${client.version} has none: take a client that has 'transactions'`,
    );
  }
  const topic = await lab.topic("fencing", { partitions: 1 });
  const settings = {
    ...{ broker: lab.brokers[0]!, safe, transactionalId: lab.group("owner") },
  };
  const old = await client.transactions(settings);
  const open = await old.begin();
  await open.send({ topic, value: "zombie" });

  const takeOver = async () => {
    const newer = await client.transactions!(settings);
    try {
      const transaction = await newer.begin();
      await transaction.send({ topic, value: "new owner" });
      await transaction.commit();
    } finally {
      void newer.close().catch(() => {});
    }
  };
  const newOwner = await answerOf(takeOver());
  const zombie = await answerOf(open.commit());
  await settlesWithin(old.close(), CLOSE_MS);
  const values = (await readTopic(lab.kafka, topic)).map((it) => it.value);
  return { newOwner, zombie, readable: values.join(", ") };
}
