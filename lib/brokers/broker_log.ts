/**
 * Finds in a broker's log why it ended or refused to start: the exception of
 * its first error, without its class and stack.
 *
 * @param log The log of one run.
 * @returns One line, or undefined if the log has no error.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const log = `[12:00:00] INFO Starting (kafka.server.KafkaRaftServer)
 * [12:00:01] ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)
 * org.apache.kafka.common.config.ConfigException: Invalid value x for configuration node.id
 *     at org.apache.kafka.common.config.ConfigDef.parseType(ConfigDef.java:720)`;
 *
 * assertEquals(failureIn(log), "Invalid value x for configuration node.id");
 * ```
 */
export function failureIn(log: string): string | undefined {
  if (log.includes(DISK_FULL)) return DISK_FULL;
  const lines = log.split("\n");
  const start = lines.findIndex((line) =>
    /\b(ERROR|FATAL)\b/.test(line) && !ENDS_NOTHING.test(line) ||
    EXCEPTION.test(line) ||
    /^(Error|Unrecognized|Invalid|Could not|error while|usage:)/.test(line)
  );
  if (start === -1) return undefined;
  const entry = lines.slice(start, start + 1 + entryLength(lines, start));
  const cause = entry.findLast((line) => /^Caused by: /.test(line)) ??
    entry.find((line) => EXCEPTION.test(line));
  const text = cause ?? entry[0] ?? "";
  return text
    .replace(/^\[[^\]]*\] (ERROR|FATAL) /, "")
    .replace(/^Caused by: /, "")
    .replace(/^(Exception in thread "[^"]*" )/, "")
    .replace(EXCEPTION, "")
    .replace(/ \([\w.$]+\)$/, "")
    .trim();
}

/**
 * Finds in PostgreSQL's log why the server ended or refused to start: what is
 * fatal to it stands near the end, and what is fatal to a connection does not end it.
 *
 * @param log The log of one run.
 * @returns One line, or undefined if the log does not say.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const log = "2026-11-26 16:06:47.632 UTC [23067] FATAL:  could not create lock file: Permission denied";
 *
 * assertEquals(postgresFailureIn(log), "could not create lock file: Permission denied");
 * ```
 */
export function postgresFailureIn(log: string): string | undefined {
  if (log.includes(DISK_FULL)) return DISK_FULL;
  const lastLines = log.trimEnd().split("\n").slice(-4);
  const line =
    lastLines.findLast((line) =>
      /(FATAL|PANIC): +(?!the database system is )/.test(line)
    ) ??
      // Before it can log, it only prints.
      lastLines.findLast((line) => /^\S*postgres\S*: /.test(line));
  return line?.replace(/^.*?(?:FATAL|PANIC|postgres\S*):\s+/, "");
}

/** What {@linkcode failureIn} says of a full disk, wherever in the log it shows. */
export const DISK_FULL = "No space left on device";

/** What a controller logs as an error on a busy machine, and goes on. */
const ENDS_NOTHING = /controller event queue overloaded/;

const EXCEPTION =
  /^(Caused by: |Exception in thread "[^"]*" )?([a-z]\w*\.)+\w*(Exception|Error|Failure)(: |$)/;

/** An entry's further lines do not begin with a time. */
function entryLength(lines: string[], start: number): number {
  const next = lines.slice(start + 1).findIndex((line) => /^\[/.test(line));
  return next === -1 ? lines.length : next;
}

/**
 * The log of the present run of a service: what the JVM printed, then what Kafka logged.
 *
 * @param folder The service's folder.
 * @returns The end of both logs; an empty text if the service never ran.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readLog("no/such/folder"), "");
 * ```
 */
export function readLog(folder: string): string {
  return ["jvm.log", "server.log"]
    .map((name) => readEnd(`${folder}/log/${name}`)).join("");
}

/** Logs end here after rolling; more is not needed to tell what happened. */
const LONGEST_READ = 2_000_000;

function readEnd(path: string): string {
  try {
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    file.seekSync(Math.max(0, size - LONGEST_READ), Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.min(size, LONGEST_READ));
    let at = 0;
    while (at < bytes.length) {
      const count = file.readSync(bytes.subarray(at));
      if (!count) break;
      at += count;
    }
    return new TextDecoder().decode(bytes.subarray(0, at));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
