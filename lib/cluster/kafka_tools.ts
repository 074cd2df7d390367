import { EngineError } from "./engine_error.ts";
import { nearest } from "./nearest.ts";

/**
 * Kafka's command line tools: the name of the script in the `bin` folder of
 * Kafka's release (without `.sh`), and the Java class that the script runs.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(KAFKA_TOOLS["kafka-topics"], "org.apache.kafka.tools.TopicCommand");
 * ```
 */
export const KAFKA_TOOLS: Readonly<Record<string, string>> = {
  "kafka-acls": "org.apache.kafka.tools.AclCommand",
  "kafka-broker-api-versions":
    "org.apache.kafka.tools.BrokerApiVersionsCommand",
  "kafka-client-metrics": "org.apache.kafka.tools.ClientMetricsCommand",
  "kafka-cluster": "org.apache.kafka.tools.ClusterTool",
  "kafka-configs": "kafka.admin.ConfigCommand",
  "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
  "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
  "kafka-console-share-consumer":
    "org.apache.kafka.tools.consumer.ConsoleShareConsumer",
  "kafka-consumer-groups":
    "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
  "kafka-consumer-perf-test": "org.apache.kafka.tools.ConsumerPerformance",
  "kafka-delegation-tokens": "org.apache.kafka.tools.DelegationTokenCommand",
  "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
  "kafka-dump-log": "org.apache.kafka.tools.DumpLogSegments",
  "kafka-e2e-latency": "org.apache.kafka.tools.EndToEndLatency",
  "kafka-features": "org.apache.kafka.tools.FeatureCommand",
  "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
  "kafka-groups": "org.apache.kafka.tools.GroupsCommand",
  "kafka-leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
  "kafka-log-dirs": "org.apache.kafka.tools.LogDirsCommand",
  "kafka-metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
  "kafka-producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
  "kafka-reassign-partitions":
    "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
  "kafka-share-consumer-perf-test":
    "org.apache.kafka.tools.ShareConsumerPerformance",
  "kafka-share-groups":
    "org.apache.kafka.tools.consumer.group.ShareGroupCommand",
  "kafka-storage": "kafka.tools.StorageTool",
  "kafka-streams-groups": "org.apache.kafka.tools.streams.StreamsGroupCommand",
  "kafka-topics": "org.apache.kafka.tools.TopicCommand",
  "kafka-transactions": "org.apache.kafka.tools.TransactionsCommand",
  "kafka-verifiable-consumer": "org.apache.kafka.tools.VerifiableConsumer",
  "kafka-verifiable-producer": "org.apache.kafka.tools.VerifiableProducer",
  "kafka-verifiable-share-consumer":
    "org.apache.kafka.tools.VerifiableShareConsumer",
};

/** Tools that read files and talk to no broker. */
const OFFLINE_TOOLS = ["kafka-dump-log", "kafka-storage"];

/**
 * Finds a tool by its script's name, with or without `kafka-` and `.sh`.
 *
 * @returns The tool's name as {@linkcode KAFKA_TOOLS} has it.
 * @throws {EngineError} If there is no such tool; the message suggests the nearest.
 *
 * @example Usage
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(toolNamed("topics"), "kafka-topics");
 * assertEquals(toolNamed("kafka-topics.sh"), "kafka-topics");
 * assertThrows(() => toolNamed("topic"), Error, "did you mean 'kafka-topics'?");
 * ```
 */
export function toolNamed(name: string): string {
  const short = name.replace(/\.sh$/, "").replace(/^kafka-/, "");
  const full = `kafka-${short}`;
  if (Object.hasOwn(KAFKA_TOOLS, full)) return full;
  const near = nearest(
    short,
    Object.keys(KAFKA_TOOLS).map((tool) => tool.replace(/^kafka-/, "")),
  );
  throw new EngineError(
    `Cannot run the Kafka tool '${name}': there is no such tool; ${
      near
        ? `did you mean 'kafka-${near}'?`
        : "'deno task kafka tool' lists them all"
    }`,
  );
}

/**
 * The Java class of a tool, which is named as {@linkcode toolNamed} allows.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(toolClass("kafka-topics"), "org.apache.kafka.tools.TopicCommand");
 * ```
 */
export function toolClass(name: string): string {
  return KAFKA_TOOLS[toolNamed(name)] ?? "";
}

/**
 * Gives a tool the brokers' addresses, where it takes them and has none yet.
 *
 * @param name The tool, as {@linkcode toolNamed} allows.
 * @param args Its arguments.
 * @param brokers The addresses, separated by commas.
 * @returns The arguments to run it with.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withBrokers("kafka-topics", ["--list"], "localhost:9092"), [
 *   "--bootstrap-server",
 *   "localhost:9092",
 *   "--list",
 * ]);
 * ```
 */
export function withBrokers(
  name: string,
  args: string[],
  brokers: string,
): string[] {
  const tool = toolNamed(name);
  const has = args.some((arg) =>
    /^(--bootstrap-(server|controller)|--broker-list|--help|-h|--version)(=|$)/
      .test(arg)
  );
  if (has || OFFLINE_TOOLS.includes(tool)) return args;
  const option = ["--bootstrap-server", brokers];
  // Of this tool's two parsers, the subcommand's takes the option.
  if (tool === "kafka-cluster") {
    return args.length === 0 ? args : [...args, ...option];
  }
  // Its old form is positional, and begins with the brokers.
  if (tool === "kafka-e2e-latency" && args[0]?.startsWith("--") === false) {
    return args.length >= 5 ? args : [brokers, ...args];
  }
  return [...option, ...args];
}

/**
 * Gives a tool the properties file that says how to log in, where it takes
 * one and has none yet.
 *
 * @param path The file, as `clientProperties()` writes it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withClientProperties("topics", ["--list"], "/p"), [
 *   "--command-config",
 *   "/p",
 *   "--list",
 * ]);
 * ```
 */
export function withClientProperties(
  name: string,
  args: string[],
  path: string,
): string[] {
  const tool = toolNamed(name);
  const has = args.some((arg) =>
    /^(--command-config|--(producer|consumer|admin)[.-]config|--config|--help|-h|--version)(=|$)/
      .test(arg)
  );
  if (has || OFFLINE_TOOLS.includes(tool)) return args;
  const option = ["--command-config", path];
  if (tool === "kafka-cluster") return [...args, ...option];
  if (tool === "kafka-e2e-latency" && args[0]?.startsWith("--") === false) {
    return [...args, path];
  }
  return [...option, ...args];
}
