import { freshName } from "lib/client/topic.ts";
import { TaskError } from "../command.ts";
import type { ThroughputBroker } from "./throughput_broker.ts";

const DEADLINE_MS = 300_000;
const COLUMN = "fetch.nMsg.sec";

/** The rate at which Java's consumer, a JVM just started, fetches: in records/s, without the time it takes to join. */
export async function javaFetchRate(
  { engine, address }: ThroughputBroker,
  { topic, records }: { topic: string; records: number },
): Promise<number> {
  const { code, stdout, stderr } = await engine.tool("consumer-perf-test", [
    ...["--bootstrap-server", address, "--topic", topic],
    ...["--group", freshName("bench"), "--num-records", `${records}`],
  ], { deadlineMs: DEADLINE_MS });
  const lines = stdout.trim().split("\n").map((line) => line.split(", "));
  const heads = lines.findIndex((words) => words.includes(COLUMN));
  const rate = Number(lines[heads + 1]?.[lines[heads]?.indexOf(COLUMN) ?? -1]);
  if (code === 0 && rate > 0) return rate;
  throw new TaskError(
    `Cannot measure Java's consumer: it ended with code ${code} and said: ${
      (stderr.trim() || stdout.trim()).split("\n").slice(-3).join(" ")
    }`,
  );
}
