import { ownCommand } from "../client/own_command.ts";
import { EngineError } from "./engine_error.ts";
import { closestString } from "./closest_string.ts";

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
 * @param name The name.
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
  const near = closestString(
    short,
    Object.keys(KAFKA_TOOLS).map((tool) => tool.replace(/^kafka-/, "")),
  );
  throw new EngineError(
    `Cannot run the Kafka tool '${name}': there is no such tool; ${
      near
        ? `did you mean 'kafka-${near}'?`
        : `'${ownCommand("kafka tool")}' lists them all`
    }`,
  );
}

/**
 * The Java class of a tool, which is named as {@linkcode toolNamed} allows.
 *
 * @param name The tool.
 * @returns The whole name of the class.
 * @throws {EngineError} If there is no such tool.
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

/** Options that name the brokers, or that make the tool ask none. */
const NAMES_BROKERS =
  /^(--bootstrap-(server|controller)|--help|-h|--version)(=|$)/;

/** Options that name a file of properties for the tool's client. */
const CONFIG_OPTION =
  /^(--command-config|--(producer|consumer|admin)[.-]config)(=|$)/;

/** Tools in which `--broker-list` names brokers by their ids. */
const LIST_IDS = ["kafka-log-dirs", "kafka-reassign-partitions"];

/** The tool that may find the brokers among its client's properties. Others insist on the option. */
const TAKES_PROPERTY = "kafka-producer-perf-test";

/**
 * Gives a tool the brokers' addresses, where it takes them and has none yet:
 * neither as an option nor as `bootstrap.servers` among its properties.
 *
 * @param name The tool, as {@linkcode toolNamed} allows.
 * @param args Its arguments.
 * @param brokers The addresses, separated by commas.
 * @returns The arguments to run it with.
 * @throws {EngineError} If there is no such tool.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(withBootstrapServer("kafka-topics", ["--list"], "localhost:9092"), [
 *   "--bootstrap-server",
 *   "localhost:9092",
 *   "--list",
 * ]);
 *
 * const args = ["--topic", "orders", "--command-property", "bootstrap.servers=far:9092"];
 * assertEquals(withBootstrapServer("producer-perf-test", args, "localhost:9092"), args);
 * ```
 */
export function withBootstrapServer(
  name: string,
  args: string[],
  brokers: string,
): string[] {
  const tool = toolNamed(name);
  const has = args.some((arg) =>
    NAMES_BROKERS.test(arg) ||
    (/^--broker-list(=|$)/.test(arg) && !LIST_IDS.includes(tool))
  );
  if (has || OFFLINE_TOOLS.includes(tool)) return args;
  const own = bootstrapProperty(args);
  if (own !== undefined && tool === TAKES_PROPERTY) return args;
  const option = ["--bootstrap-server", own ?? brokers];
  // Of this tool's two parsers, the subcommand's takes the option.
  if (tool === "kafka-cluster") {
    return args.length === 0 ? args : [...args, ...option];
  }
  // Its old form is positional, and begins with the brokers.
  if (tool === "kafka-e2e-latency" && args[0]?.startsWith("--") === false) {
    return args.length >= 5 ? args : [own ?? brokers, ...args];
  }
  return [...option, ...args];
}

/**
 * The brokers that a tool's arguments name as a property of its client, here
 * (`--command-property bootstrap.servers=…`) or in a file (`--command-config`).
 */
function bootstrapProperty(args: string[]): string | undefined {
  const here = args.flatMap((arg) =>
    /(?:^|=)bootstrap\.servers=(.+)$/.exec(arg)?.[1] ?? []
  ).at(-1);
  if (here !== undefined) return here;
  const at = args.findIndex((arg) => CONFIG_OPTION.test(arg));
  if (at < 0) return undefined;
  const path = /=(.+)$/.exec(args[at]!)?.[1] ?? args[at + 1] ?? "";
  return /^\s*bootstrap\.servers\s*[=:]\s*(\S+)/m.exec(textOf(path))?.[1];
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // Of a file in a container, the tool there knows more.
  }
}

/**
 * Gives a tool the properties file that says how to log in, where it takes
 * one and has none yet.
 *
 * @param name The tool, as {@linkcode toolNamed} allows.
 * @param args Its arguments.
 * @param path The file, as `clientProperties()` writes it.
 * @returns The arguments to run it with.
 * @throws {EngineError} If there is no such tool.
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
  if (hasClientProperties(tool, args) || OFFLINE_TOOLS.includes(tool)) {
    return args;
  }
  const option = ["--command-config", path];
  if (tool === "kafka-cluster") return [...args, ...option];
  if (tool === "kafka-e2e-latency" && args[0]?.startsWith("--") === false) {
    return [...args, path];
  }
  return [...option, ...args];
}

/** Whether the arguments say how to log in, or make the tool ask no broker. */
function hasClientProperties(tool: string, args: string[]): boolean {
  return args.some((arg) =>
    CONFIG_OPTION.test(arg) || /^(--help|-h|--version)(=|$)/.test(arg) ||
    // Elsewhere it is a setting of the topic to be made.
    (tool === "kafka-cluster" && /^--config(=|$)/.test(arg))
  );
}

/**
 * The brokers that a tool will ask, as its arguments say.
 *
 * @param name The tool, as {@linkcode toolNamed} allows.
 * @param args Its arguments, as {@linkcode withBootstrapServer} returns them.
 * @returns The addresses; none if it asks no broker, or one with a login of the arguments' own.
 * @throws {EngineError} If there is no such tool.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const args = ["--bootstrap-server", "a:9092,b:9092", "--list"];
 * assertEquals(brokersOfTool("topics", args), ["a:9092", "b:9092"]);
 * assertEquals(brokersOfTool("topics", ["--help"]), []);
 * ```
 */
export function brokersOfTool(name: string, args: string[]): string[] {
  const tool = toolNamed(name);
  if (hasClientProperties(tool, args) || OFFLINE_TOOLS.includes(tool)) {
    return [];
  }
  const at = args.findIndex((arg) => /^--bootstrap-server(=|$)/.test(arg));
  const list = at < 0
    ? bootstrapProperty(args)
    : args[at]!.split("=")[1] ?? args[at + 1];
  return (list ?? "").split(",").map((address) => address.trim())
    .filter(Boolean);
}
