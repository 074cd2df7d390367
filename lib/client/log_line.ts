import { isIPv6 } from "node:net";
import type { logCreator, LogEntry } from "kafkajs";
import { formatAddress } from "./address.ts";

const WARN = 2;
const INFO = 4;

/**
 * What brokers answer in ordinary life and KafkaJS asks again by itself, though
 * it logs it as an error: a group or transaction used for the first time has no
 * coordinator yet, members come and go, a new partition elects its leader, the
 * transaction before is still being completed. If it lasts, KafkaJS gives up and throws, which nobody hides.
 */
const ORDINARY = [
  "The group coordinator is not available",
  "The coordinator is loading and hence can't process requests for this group",
  "This is not the correct coordinator for this group",
  "The group is rebalancing, so a rejoin is needed",
  "The group is rebalancing, re-joining",
  "There is no leader for this topic-partition as we are in the middle of a leadership election",
  "The group member needs to have a valid member id before actually entering a consumer group",
  "The producer attempted to update a transaction while another concurrent operation on the same transaction was ongoing",
];

/** Within this time the same line is written once. */
const QUIET_MS = 5_000;

/** How many different lines are remembered. */
const MOST_LINES = 1_000;

/** Details of an entry that help a person. */
const TOLD = ["broker", "groupId", "topic", "partition"] as const;

/**
 * Makes KafkaJS log one short line per entry instead of a line of JSON. What
 * is ordinary, such as a group that has no coordinator yet, counts as
 * information, not as an error; a warning or error that repeats is written once
 * in 5 s.
 *
 * @param write Takes each line, by default `console.error` for warnings and
 * errors and `console.log` for the rest.
 * @returns A `logCreator` for KafkaJS.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Kafka, logLevel } from "kafkajs";
 *
 * const lines: string[] = [];
 * const kafka = new Kafka({
 *   brokers: ["localhost:9092"],
 *   logLevel: logLevel.WARN,
 *   logCreator: shortLogLines((line) => lines.push(line)),
 * });
 * kafka.logger().warn("Disk is nearly full", { broker: "localhost:9092" });
 * assertEquals(lines, ["KafkaJS warning: Disk is nearly full (broker localhost:9092)"]);
 * ```
 */
export function shortLogLines(write?: (line: string) => void): logCreator {
  return (chosenLevel) => {
    const repeats = countRepeats();
    return (entry) => {
      const level = isOrdinary(entry)
        ? Math.max(entry.level, INFO)
        : entry.level;
      if (level > chosenLevel) return;
      const line = shortLine(entry, level);
      if (level >= INFO) return (write ?? console.log)(line);
      const count = repeats(line);
      if (count === null) return;
      (write ?? console.error)(
        count > 0 ? `${line} (and ${count} times more)` : line,
      );
    };
  };
}

/** Counts how often a line was held back since it was written; null if it is to be held back. */
function countRepeats(): (line: string) => number | null {
  const written = new Map<string, { at: number; held: number }>();
  return (line) => {
    const before = written.get(line);
    if (before && Date.now() - before.at < QUIET_MS) {
      before.held++;
      return null;
    }
    if (written.size > MOST_LINES) written.clear();
    written.set(line, { at: Date.now(), held: 0 });
    return before?.held ?? 0;
  };
}

function isOrdinary({ log }: LogEntry): boolean {
  return ORDINARY.some((answer) =>
    log.error === answer || log.message.endsWith(answer)
  );
}

function shortLine({ namespace, log }: LogEntry, level: number): string {
  const severity = level >= INFO ? "" : level === WARN ? " warning" : " error";
  const room = namespace ? `, ${namespace}` : "";
  const details = TOLD
    .filter((name) =>
      log[name] !== undefined &&
      !String(log.message).includes(String(log[name]))
    )
    .map((name) =>
      `${name === "groupId" ? "group" : name} ${
        name === "broker" ? addressIn(String(log[name])) : log[name]
      }`
    );
  // `error` holds the reason where the message only says which request failed.
  const reason = typeof log.error === "string" && log.error !== log.message
    ? `: ${log.error}`
    : "";
  const tail = details.length > 0 ? ` (${details.join(", ")})` : "";
  const what = log.message.replace(
    /^Response (\w+)\(key: .*\)$/,
    "$1 request refused",
  );
  return `KafkaJS${severity}${room}: ${what}${reason}${tail}`.replaceAll(
    /\s*\n\s*/g,
    " ",
  );
}

/** KafkaJS writes an IPv6 address and its port without brackets. */
function addressIn(broker: string): string {
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(broker) ?? [];
  return isIPv6(host) ? formatAddress({ host, port: Number(port) }) : broker;
}
