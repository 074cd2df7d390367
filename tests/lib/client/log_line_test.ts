import { assertEquals } from "@std/assert";
import { type LogEntry, logLevel } from "kafkajs";
import protocolErrors from "kafkajs/src/protocol/error.js";
import { shortLogLines } from "lib/client/log_line.ts";

function linesOf(level: logLevel, ...entries: LogEntry[]): string[] {
  const lines: string[] = [];
  const log = shortLogLines((line) => lines.push(line))(level);
  for (const entry of entries) log(entry);
  return lines;
}

function entry(level: logLevel, message: string, extra: object = {}): LogEntry {
  return {
    namespace: "Connection",
    level,
    label: "",
    log: { timestamp: "", message, ...extra },
  };
}

Deno.test("shortLogLines() writes level, place, message, reason and what it is about", () => {
  const lines = linesOf(
    logLevel.WARN,
    entry(logLevel.ERROR, "Response Produce(key: 0, version: 7)", {
      error: "Not authorized",
      broker: "localhost:9092",
      correlationId: 3,
    }),
    entry(logLevel.WARN, "Odd", {
      groupId: "readers",
      stack: "…",
      retryCount: 1,
    }),
  );
  assertEquals(lines, [
    "KafkaJS error, Connection: Produce request refused: Not authorized (broker localhost:9092)",
    "KafkaJS warning, Connection: Odd (group readers)",
  ]);
});

Deno.test("shortLogLines() makes one line of a message of several", () => {
  const lines = linesOf(logLevel.WARN, entry(logLevel.WARN, "first\n  second"));
  assertEquals(lines, ["KafkaJS warning, Connection: first second"]);
});

Deno.test("shortLogLines() writes an error that repeats once, another in between or not", () => {
  const [a, b] = [entry(logLevel.ERROR, "a"), entry(logLevel.ERROR, "b")];
  assertEquals(linesOf(logLevel.WARN, a, a, b, a).length, 2);
});

Deno.test("shortLogLines() writes all information, such as a second consumer's start", () => {
  const start = entry(logLevel.INFO, "Starting", { groupId: "readers" });
  assertEquals(linesOf(logLevel.INFO, start, start).length, 2);
});

for (const code of [5, 14, 15, 16, 27, 51, 79]) {
  const { message, type } = protocolErrors.createErrorFromCode(code);

  Deno.test(`shortLogLines() keeps the ordinary ${type} from those who asked for warnings`, () => {
    const refusal = entry(
      logLevel.ERROR,
      "Response JoinGroup(key: 11, version: 5)",
      {
        error: message,
      },
    );
    const followUp = entry(
      logLevel.ERROR,
      `Failed to send messages: ${message}`,
    );
    assertEquals(linesOf(logLevel.WARN, refusal, followUp), []);
    assertEquals(linesOf(logLevel.INFO, refusal).length, 1);
  });
}

Deno.test("shortLogLines() shows what is not ordinary", () => {
  const { message } = protocolErrors.createErrorFromCode(3);
  const lines = linesOf(
    logLevel.ERROR,
    entry(logLevel.ERROR, "Response Metadata(…)", { error: message }),
  );
  assertEquals(lines.length, 1);
});
