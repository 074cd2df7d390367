import { failureIn } from "./broker_log.ts";
import type { ToolResult } from "./engine.ts";
import { EngineError } from "./engine_error.ts";
import { toolNamed } from "./tool_catalog.ts";

/**
 * Says whether a Kafka tool has failed. Its exit code is not enough: several of
 * Kafka's tools end with 0 though they have written or read nothing, and say
 * why on their standard error, or among their results, only (measured with
 * Kafka 4.3.1).
 *
 * @param name The tool, as `toolNamed()` allows.
 * @param args Its arguments, for the error.
 * @param result What it left behind.
 * @returns The error, with what the tool said; undefined if it did what it was run for.
 * @throws {EngineError} If there is no such tool.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const stderr = `[12:00:00] ERROR Error when sending message to topic orders (…ErrorLoggingCallback)
 * org.apache.kafka.common.errors.TimeoutException: Topic orders not present in metadata after 60000 ms.`;
 *
 * const failure = toolFailure("console-producer", ["--topic", "orders"], { code: 0, stdout: "", stderr });
 * assertEquals(
 *   failure?.message,
 *   "Cannot run kafka-console-producer --topic orders: it did not write 1 of its records: Topic orders not present in metadata after 60000 ms.",
 * );
 * ```
 */
export function toolFailure(
  name: string,
  args: string[],
  result: ToolResult,
): EngineError | undefined {
  const tool = toolNamed(name);
  const { code } = result;
  const why = code === 0
    ? silentFailure(tool, args, result)
    : `it ended with code ${code}${said(result)}`;
  return why === undefined
    ? undefined
    : new EngineError(`Cannot run ${[tool, ...args].join(" ")}: ${why}`);
}

function said({ stdout, stderr }: ToolResult): string {
  const lines = (stderr.trim() || stdout.trim()).split("\n")
    .filter((line) => !/^\s+at /.test(line)).slice(0, 12);
  return lines.join("")
    ? ` and said: ${lines.join("\n")}`
    : " and said nothing";
}

/** Tools whose standard output is a table or sentences of their own, not records. */
const TELLS_ERRORS =
  /^kafka-(consumer-groups|share-groups|streams-groups|groups|delete-records)$/;

function silentFailure(
  tool: string,
  args: string[],
  { stdout, stderr }: ToolResult,
): string | undefined {
  if (tool === "kafka-console-producer") {
    // One line for each batch, with its first record.
    const count = stderr.split(" ERROR Error when sending message ").length - 1;
    return count > 0
      ? `it did not write ${count} of its records: ${reasonIn(stderr)}`
      : undefined;
  }
  if (tool === "kafka-verifiable-producer") {
    const [line, ...more] = stdout.split("\n")
      .filter((line) => line.includes('"name":"producer_send_error"'));
    return line &&
      `it did not write ${more.length + 1} of its records: ${
        JSON.parse(line).message
      }`;
  }
  if (tool === "kafka-producer-perf-test") {
    const wanted = optionOf(args, "--num-records");
    const written = Number(
      /^(\d+) records sent/m.exec(stdout.trimEnd().split("\n").at(-1) ?? "")
        ?.[1] ?? 0,
    );
    return wanted !== undefined && written < Number(wanted)
      ? `it wrote ${written} of ${wanted} records: ${reasonIn(stderr)}`
      : undefined;
  }
  if (/consumer-perf-test$/.test(tool)) {
    return /^WARNING: (Exiting before consuming[^.]*)/m.test(stdout)
      ? `it gave up before it had read as many records as wanted: ${
        complaintIn(stderr) ?? "no more came in time"
      }`
      : undefined;
  }
  if (/^kafka-console-(share-)?consumer$/.test(tool)) {
    return consumerFailure(stderr);
  }
  if (TELLS_ERRORS.test(tool)) {
    const [line] = /^Error: .*(\n\* .*)*|^.*\terror: .*/m.exec(stdout) ?? [];
    return line && `it said: ${line.replaceAll(/\s+/g, " ")}`;
  }
  return undefined;
}

/** A consumer that was given a time reports the end of it as an error, too: that is how it is used. */
function consumerFailure(stderr: string): string | undefined {
  const [, exception] =
    /ERROR Error processing message, terminating consumer process.*\n(.*)/
      .exec(stderr) ?? [];
  if (exception === undefined) return undefined;
  if (!/TimeoutException\s*$/.test(exception)) {
    return `it ended early: ${reasonIn(stderr)}`;
  }
  const complaint = complaintIn(stderr);
  return /^Processed a total of 0 /m.test(stderr) && complaint !== undefined
    ? `it read nothing: ${complaint}`
    : undefined;
}

/** The most telling thing in what a tool wrote on its standard error. */
function reasonIn(stderr: string): string {
  const cause = stderr.split("\n").findLast((line) =>
    line.startsWith("Caused by: ")
  );
  const reason = failureIn(cause ?? stderr);
  // "Not present in metadata" is what follows when no broker takes a connection.
  const refusal = reason === undefined || /not present in metadata/.test(reason)
    ? complaintIn(stderr, /could not be established|failed authentication/)
    : undefined;
  return refusal ?? (reason && withoutClient(reason)) ??
    complaintIn(stderr) ?? "it did not say why";
}

/** What a client says of a cluster that it cannot use, the last time it does. */
function complaintIn(
  stderr: string,
  about =
    /could not be established|failed authentication|terminated during authentication|UNKNOWN_TOPIC|AUTHORIZATION_FAILED/,
): string | undefined {
  const line = stderr.split("\n")
    .findLast((line) => / (WARN|ERROR) /.test(line) && about.test(line));
  return line && withoutClient(
    line.replace(/^\[[^\]]*\] (WARN|ERROR) /, "")
      .replace(/ \([\w.$]+\)$/, ""),
  );
}

/** A line of a client's begins with its name. */
function withoutClient(text: string): string {
  return text.replace(/^\[[A-Z][^\]]*\] /, "");
}

function optionOf(args: string[], option: string): string | undefined {
  const at = args.findIndex((arg) =>
    arg === option || arg.startsWith(`${option}=`)
  );
  return at < 0 ? undefined : args[at]!.split("=")[1] ?? args[at + 1];
}
