import { freshName } from "lib/admin/topic.ts";
import { TaskError } from "../../command.ts";
import { type JavaSpeed, javaSpeed } from "./java_speed.ts";
import { followCpu } from "./process_cpu.ts";
import type { ThroughputBroker } from "./throughput_broker.ts";

const DEADLINE_MS = 300_000;
const COLUMN = "fetch.nMsg.sec";

/** The speed at which Java's consumer, a JVM just started, fetches, without the time it takes to join. */
export async function javaFetchSpeed(
  { engine, address }: ThroughputBroker,
  { topic, records }: { topic: string; records: number },
): Promise<JavaSpeed> {
  const { result: { code, stdout, stderr }, cpu } = await followCpu(
    ["org.apache.kafka.tools.ConsumerPerformance", topic],
    () =>
      engine.tool("consumer-perf-test", [
        ...["--bootstrap-server", address, "--topic", topic],
        ...["--group", freshName("bench"), "--num-records", `${records}`],
        // How long it waits for records: on a busy machine it joins late.
        ...["--timeout", `${DEADLINE_MS / 2}`],
      ], { deadlineMs: DEADLINE_MS }),
  );
  const lines = stdout.trim().split("\n").map((line) => line.split(", "));
  const heads = lines.findIndex((words) => words.includes(COLUMN));
  const rate = Number(lines[heads + 1]?.[lines[heads]?.indexOf(COLUMN) ?? -1]);
  if (code === 0 && rate > 0) return javaSpeed(records, rate, cpu);
  throw new TaskError(
    `Cannot measure Java's consumer: it ended with code ${code} and said: ${
      (stderr.trim() || stdout.trim()).split("\n").slice(-3).join(" ")
    }`,
  );
}
