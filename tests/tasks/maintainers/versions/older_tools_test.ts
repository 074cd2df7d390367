import { assertEquals } from "@std/assert";
import { withOlderTools } from "../../../../tasks/maintainers/versions/older_tools.ts";

const TEXT = `
  const linger = "--command-property linger.ms=5";
  kafkaTool("kafka-console-producer", ["--command-property", "--reader-property"]);
  kafkaTool("kafka-producer-perf-test", ["--command-property"]);
  kafkaTool("kafka-console-consumer", ["--command-property", "--formatter-property"]);
`;

Deno.test("withOlderTools() names a tool's options as Kafka did before 4.2", () => {
  const older = `
  const linger = "--producer-property linger.ms=5";
  kafkaTool("kafka-console-producer", ["--producer-property", "--property"]);
  kafkaTool("kafka-producer-perf-test", ["--producer-props"]);
  kafkaTool("kafka-console-consumer", ["--consumer-property", "--property"]);
`;
  for (const version of ["4.1.2", "4.0.2", "3.9.2"]) {
    assertEquals(withOlderTools(TEXT, version), older);
  }
});

Deno.test("withOlderTools() leaves the text as it is for 4.2 and newer, and where no tool is named", () => {
  for (const version of ["4.2.0", "4.10.1", "5.0.0"]) {
    assertEquals(withOlderTools(TEXT, version), TEXT);
  }
  const alone = '["--command-property"]';
  assertEquals(withOlderTools(alone, "3.9.2"), alone);
});

Deno.test("withOlderTools() finds the console producer of Kafka 3 in its package", () => {
  const line =
    '"kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer"';
  assertEquals(
    withOlderTools(line, "3.9.2"),
    '"kafka-console-producer": "kafka.tools.ConsoleProducer"',
  );
  assertEquals(withOlderTools(line, "4.0.2"), line);
});
