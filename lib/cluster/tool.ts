import { EngineError, findEngine } from "./engine.ts";
import { KAFKA_TOOLS, toolClass, toolNamed } from "./kafka_tools.ts";

export { KAFKA_TOOLS, toolClass };

/**
 * Runs one of Kafka's own command line tools, the second client beside
 * KafkaJS, against the brokers of `KAFKA_BROKERS` or those of the engine.
 *
 * @param name The tool's script in Kafka's `bin` folder: "kafka-topics", or short "topics".
 * @param args Its arguments. `--bootstrap-server` is filled in where it is missing.
 * @param options What it reads on its standard input, and when it is killed (60 s by default).
 * @returns What it wrote to its standard output.
 * @throws {EngineError} If it ends with another code than 0; the message holds what it said.
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
  const { code, stdout, stderr } = await engine.tool(tool, args, options);
  if (code === 0) return stdout;
  const said = (stderr.trim() || stdout.trim()).split("\n").filter((line) =>
    !/^\s+at /.test(line)
  ).slice(0, 12).join("\n");
  throw new EngineError(
    `Cannot run ${[tool, ...args].join(" ")}: it ended with code ${code}${
      said ? ` and said: ${said}` : " and said nothing"
    }`,
  );
}
