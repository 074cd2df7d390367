// Fills the disk under a broker, in a mount namespace of its own: see start_brokers_disk_test.ts.
import { kafkaClient } from "lib/client/kafka_client.ts";
import { PATIENCE_MS, until } from "../../../_patience.ts";
import { createTopic } from "lib/admin/topic.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { withOwnBrokers } from "../../_own_brokers.ts";

const SIZE = "64m";

await withOwnBrokers(async ({ engine, stateFolder }) => {
  const data = `${stateFolder}/brokers/kafka/data`;
  const filler = `${data}/lost+found`;
  Deno.mkdirSync(data, { recursive: true });
  run("mount", "-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", data);
  try {
    fill(filler);
    tell({ fresh: await errorOf(engine.up()), left: namesIn(data) });

    Deno.removeSync(filler);
    await engine.up();
    const kafka = kafkaClient({ brokers: engine.addresses() });
    await createTopic(kafka, "kept", { partitions: 1 });
    const acknowledged = await produceUntilFull(kafka, () => fill(filler));
    const status = await until(async () => {
      const [status] = await engine.status({ services: ["kafka"] });
      return status?.state === "killed" && status;
    }, { what: "the broker to give up", deadlineMs: PATIENCE_MS });
    tell({ died: status.detail, again: await errorOf(engine.up()) });

    Deno.removeSync(filler);
    await engine.start("kafka");
    const records = await readTopic(kafka, "kept", { deadlineMs: PATIENCE_MS });
    const kept = new Set(records.map(({ value }) => value?.slice(0, 8)));
    const lost = acknowledged.filter((name) => !kept.has(name));
    tell({ acknowledged: acknowledged.length, lost });
  } finally {
    await engine.down();
    run("umount", data);
  }
});

/** Sends numbered records of 100 kB; the disk is full after the tenth. */
async function produceUntilFull(
  kafka: ReturnType<typeof kafkaClient>,
  fillDisk: () => void,
): Promise<string[]> {
  const producer = kafka.producer({ retry: { retries: 0 } });
  await producer.connect();
  const acknowledged: string[] = [];
  try {
    for (let i = 0; i < 200; i++) {
      const name = String(i).padStart(8, "0");
      const value = name + "x".repeat(100_000);
      await producer.send({ topic: "kept", acks: -1, messages: [{ value }] });
      acknowledged.push(name);
      if (i === 10) fillDisk();
    }
  } catch {
    return acknowledged;
  } finally {
    await producer.disconnect().catch(() => {});
  }
  throw new Error("The disk was never full");
}

function fill(path: string) {
  new Deno.Command("dd", {
    args: ["if=/dev/zero", `of=${path}`, "bs=64k"],
    stderr: "null",
  }).outputSync();
}

async function errorOf(work: Promise<unknown>): Promise<string> {
  return await work.then(() => "no error", (error: Error) => error.message);
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}

function run(program: string, ...args: string[]) {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function tell(facts: Record<string, unknown>) {
  console.log(JSON.stringify(facts));
}
