import { EngineError } from "./engine_error.ts";
import { findEngine } from "./find_engine.ts";
import { whyNoBroker } from "./tool_brokers.ts";
import { toolNamed } from "./tool_catalog.ts";
import { toolFailure } from "./tool_failure.ts";

/**
 * Runs one of Kafka's own command line tools, the second client beside
 * KafkaJS, against the brokers of `KAFKA_BROKERS` or those of the engine, with
 * the TLS and the login of `KAFKA_SSL`, `KAFKA_SSL_CA` and `KAFKA_SASL_*`.
 *
 * @param name The tool's script in Kafka's `bin` folder: "kafka-topics", or short "topics".
 * @param args Its arguments. `--bootstrap-server` is filled in where it is missing.
 * @param options What it reads on its standard input, and when it is killed (60 s by default).
 * @returns What it wrote to its standard output.
 * @throws {ConnectionError} If a variable such as `KAFKA_SSL` has a value that cannot be meant.
 * @throws {EngineError} If no broker takes it; if it ends with another code than 0, or has not done its work though it ends with 0. The message holds what it said.
 *
 * @example Usage
 * ```ts
 * import { assertMatch } from "@std/assert";
 *
 * const quorum = await kafkaTool("kafka-metadata-quorum", ["describe", "--status"]);
 * assertMatch(quorum, /LeaderId: +\d+/);
 * ```
 */
export async function kafkaTool(
  name: string,
  args: string[],
  options: { input?: string; deadlineMs?: number } = {},
): Promise<string> {
  const tool = toolNamed(name);
  const engine = await findEngine("auto");
  const why = await whyNoBroker(engine, tool, args);
  const refusal = (reason: string, cause?: unknown) =>
    new EngineError(`Cannot run ${[tool, ...args].join(" ")}: ${reason}`, {
      cause,
    });
  if (why?.isFinal) throw refusal(why.reason);
  const result = await engine.tool(tool, args, options).catch((error) => {
    throw why && error instanceof EngineError
      ? refusal(why.reason, error)
      : error;
  });
  const failure = toolFailure(tool, args, result);
  // A consumer whose time is over says nothing of a broker that it never reached.
  const isVain = tool.startsWith("kafka-console-") &&
    tool.endsWith("consumer") && result.stdout.trim() === "";
  if (why && (failure || isVain)) throw refusal(why.reason, failure);
  if (failure) throw failure;
  return result.stdout;
}
