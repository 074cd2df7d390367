import { findEngine } from "../../brokers/find_engine.ts";
import { pause } from "../../client/interrupt.ts";
import { until } from "../../client/until.ts";
import { readBatches } from "../../consumer/read_batches.ts";
import type { TuningLab } from "./tuning_lab.ts";

const LINES = 50;
const PAUSE_MS = 20;

/**
 * Gives Java's console producer fifty lines, one every 20 ms, once it is
 * connected, and counts the batches that they become.
 *
 * @param lab Where it happens.
 * @param settings The producer's settings: `"linger.ms=5"`.
 * @returns How many batches.
 * @throws {EngineError} If the tool cannot be run.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 * @throws {DeadlineError} If it is not connected after a minute.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 */
export async function batchesOfSlowLines(
  lab: Pick<TuningLab, "kafka" | "topic">,
  settings: string[],
): Promise<number> {
  const topic = await lab.topic("slow", { partitions: 1 });
  const engine = await findEngine("auto");
  const java = engine.spawnTool("kafka-console-producer", [
    ...["--topic", topic],
    ...settings.flatMap((setting) => ["--command-property", setting]),
  ]);
  const stored = async () => (await readBatches(lab.kafka, topic)).length;
  try {
    await java.write("first\n");
    await until(stored, { what: "the first line", deadlineMs: 60_000 });
    for (let n = 0; n < LINES; n++) {
      await java.write(`${n}\n`);
      await pause(PAUSE_MS);
    }
    await java.closeInput();
    await java.ended;
  } finally {
    await java.kill();
  }
  return await stored() - 1;
}
