// What the programs of loops have in common: see loop_process.ts.
import process from "node:process";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { connectionFromEnvironment } from "../client/connection.ts";
import { registerCodecs } from "../log/codecs.ts";

/**
 * Ends this process when its standard input ends, and hands it what it was started with.
 *
 * @returns The settings that `spawnLoop()` was given.
 */
export function loopSettings<Settings>(): Settings {
  void (async () => {
    for await (const _ of Deno.stdin.readable);
    Deno.exit(1);
  })();
  return JSON.parse(Deno.args[0]!);
}

/**
 * KafkaJS as published, for the cluster of the environment, without log lines.
 *
 * @param config What is to be different.
 * @returns The client.
 * @throws {ConnectionError} If the environment describes no cluster that can be reached.
 */
export function publishedKafka(config: Partial<KafkaConfig> = {}): Kafka {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING ??= "1";
  registerCodecs();
  const { chosen: _, ...connection } = connectionFromEnvironment();
  return new Kafka({
    clientId: "loop",
    ...connection,
    logLevel: logLevel.NOTHING,
    ...config,
  });
}

/**
 * A function from its own text. It sees nothing but its arguments.
 *
 * @param text The text, as `String(function)` gives it.
 * @returns The function.
 */
export function fromText<Function>(text: string): Function {
  return (0, eval)(`(${text})`);
}

/** Ends this process as `kill -9` does: nothing is finished, committed or said. */
export function die(): void {
  Deno.kill(Deno.pid, "SIGKILL");
}

/**
 * Prints one JSON line. It is written when this returns: a process that is
 * killed next has still told it.
 *
 * @param event What to print.
 */
export function tell(event: unknown): void {
  const line = new TextEncoder().encode(`${JSON.stringify(event)}\n`);
  for (let at = 0; at < line.length;) {
    at += Deno.stdout.writeSync(line.subarray(at));
  }
}
