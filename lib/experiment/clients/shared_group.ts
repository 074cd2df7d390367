import { pause } from "../../client/interrupt.ts";
import { until } from "../../client/until.ts";
import type { ClientLab } from "./client_lab.ts";
import { kafkaJsClient } from "./kafkajs.ts";
import type { Reader, TestedClient } from "./tested_client.ts";

const SESSION_MS = 6_000;

/**
 * Lets a client join a group whose one member is KafkaJS's, as a rolling
 * deployment would.
 *
 * @param lab Where it happens.
 * @param client The client that joins.
 * @returns Whether both have a partition of their own in the end; false if the client is refused.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 * @throws {DeadlineError} If neither has happened after 45 s.
 */
export async function sharesGroupWithKafkaJs(
  lab: ClientLab,
  client: TestedClient,
): Promise<boolean> {
  const topic = await lab.topic("shared", { partitions: 2 });
  const settings = {
    ...{ broker: lab.brokers[0]!, topic, groupId: lab.group("shared") },
    sessionMs: SESSION_MS,
  };
  const owner = new Map<number, "old" | "new">();
  const noting = (who: "old" | "new") => ({
    ...settings,
    handle: async ({ partition }: { partition: number }) =>
      void owner.set(partition, who),
  });
  const producer = lab.kafka.producer();
  await producer.connect();
  const look = async () => {
    owner.clear();
    const messages = [0, 1].map((partition) => ({ partition, value: "x" }));
    await producer.send({ topic, messages });
    await pause(700);
    return [...owner.values()].sort().join(" and ");
  };
  const old = await kafkaJsClient.reader(noting("old"));
  let newer: Reader | undefined;
  let isRefused = false;
  const refuse = () => void (isRefused = true);
  try {
    await until(async () => await look() === "old and old", {
      ...{ what: "KafkaJS alone in its group", deadlineMs: 20_000 },
    });
    newer = await client.reader({ ...noting("new"), onEnd: refuse })
      .catch(refuse) ?? undefined;
    await until(async () => isRefused || await look() === "new and old", {
      ...{ what: `${client.name} in KafkaJS's group`, deadlineMs: 45_000 },
    });
    return !isRefused;
  } finally {
    await newer?.close();
    await old.close();
    await producer.disconnect();
  }
}
