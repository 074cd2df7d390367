import { assertEquals, assertThrows } from "@std/assert";
import { toolClass, toolNamed, withBrokers } from "lib/cluster/kafka_tools.ts";

Deno.test("toolNamed() takes a name as people write it", () => {
  for (
    const name of [
      "kafka-dump-log",
      "kafka-dump-log.sh",
      "dump-log",
      "dump-log.sh",
    ]
  ) {
    assertEquals(toolNamed(name), "kafka-dump-log");
  }
  assertEquals(toolClass("dump-log"), "org.apache.kafka.tools.DumpLogSegments");
});

Deno.test("toolNamed() refuses what is no tool, names of objects' own members included", () => {
  assertThrows(
    () => toolNamed("consumer-group"),
    Error,
    "did you mean 'kafka-consumer-groups'?",
  );
  assertThrows(() => toolNamed("toString"), Error, "there is no such tool");
});

Deno.test("withBrokers() leaves given brokers, controllers and --help alone", () => {
  for (
    const args of [
      ["--list", "--bootstrap-server", "a:1"],
      ["--bootstrap-server=a:1"],
      ["--bootstrap-controller", "a:1", "describe"],
      ["--help"],
    ]
  ) {
    assertEquals(withBrokers("topics", args, "b:2"), args);
  }
});

Deno.test("withBrokers() puts the option where each tool takes it", () => {
  const option = ["--bootstrap-server", "b:2"];
  assertEquals(withBrokers("transactions", ["list"], "b:2"), [
    ...option,
    "list",
  ]);
  assertEquals(withBrokers("cluster", ["cluster-id"], "b:2"), [
    "cluster-id",
    ...option,
  ]);
  assertEquals(withBrokers("dump-log", ["--files", "f"], "b:2"), [
    "--files",
    "f",
  ]);
  assertEquals(withBrokers("e2e-latency", ["t", "10", "1", "100"], "b:2"), [
    "b:2",
    "t",
    "10",
    "1",
    "100",
  ]);
});
