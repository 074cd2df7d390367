import { assertEquals, assertThrows } from "@std/assert";
import {
  brokersOfTool,
  toolClass,
  toolNamed,
  withBootstrapServer,
  withClientProperties,
} from "lib/brokers/tool_catalog.ts";

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

Deno.test("withBootstrapServer() leaves given brokers, controllers and --help alone", () => {
  for (
    const args of [
      ["--list", "--bootstrap-server", "a:1"],
      ["--bootstrap-server=a:1"],
      ["--bootstrap-controller", "a:1", "describe"],
      ["--help"],
    ]
  ) {
    assertEquals(withBootstrapServer("topics", args, "b:2"), args);
  }
});

Deno.test("withBootstrapServer() puts the option where each tool takes it", () => {
  const option = ["--bootstrap-server", "b:2"];
  assertEquals(withBootstrapServer("transactions", ["list"], "b:2"), [
    ...option,
    "list",
  ]);
  assertEquals(withBootstrapServer("cluster", ["cluster-id"], "b:2"), [
    "cluster-id",
    ...option,
  ]);
  assertEquals(withBootstrapServer("dump-log", ["--files", "f"], "b:2"), [
    "--files",
    "f",
  ]);
  assertEquals(
    withBootstrapServer("e2e-latency", ["t", "10", "1", "100"], "b:2"),
    [
      "b:2",
      "t",
      "10",
      "1",
      "100",
    ],
  );
});

Deno.test("withBootstrapServer() respects brokers among a client's properties", () => {
  const property = ["--command-property", "bootstrap.servers=far:9092"];
  for (
    const args of [
      property,
      [property.join("=")],
      ["--producer-props", "acks=all", "bootstrap.servers=far:9092"],
    ]
  ) {
    assertEquals(withBootstrapServer("producer-perf-test", args, "b:2"), args);
    // This tool insists on the option.
    assertEquals(withBootstrapServer("consumer-perf-test", args, "b:2"), [
      "--bootstrap-server",
      "far:9092",
      ...args,
    ]);
  }
  const other = ["--command-property", "linger.ms=5"];
  assertEquals(withBootstrapServer("producer-perf-test", other, "b:2"), [
    "--bootstrap-server",
    "b:2",
    ...other,
  ]);
});

Deno.test("withBootstrapServer() respects brokers in a client's properties file", async () => {
  const path = await Deno.makeTempFile();
  try {
    Deno.writeTextFileSync(path, "acks=all\nbootstrap.servers = far:9092\n");
    for (
      const args of [
        ["--command-config", path],
        [`--command-config=${path}`],
        ["--producer.config", path],
      ]
    ) {
      assertEquals(
        withBootstrapServer("producer-perf-test", args, "b:2"),
        args,
      );
    }
    const args = ["--command-config", path, "--list"];
    assertEquals(withBootstrapServer("topics", args, "b:2"), [
      "--bootstrap-server",
      "far:9092",
      ...args,
    ]);
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("withBootstrapServer() does not take brokers' ids for their addresses", () => {
  const args = ["--describe", "--broker-list", "1,2"];
  for (const tool of ["log-dirs", "reassign-partitions"]) {
    assertEquals(withBootstrapServer(tool, args, "b:2"), [
      "--bootstrap-server",
      "b:2",
      ...args,
    ]);
  }
});

Deno.test("withClientProperties() leaves a login of the caller's own alone, and takes no topic's setting for one", () => {
  for (
    const args of [
      ["--command-config", "/own"],
      ["--command-config=/own"],
      ["--producer.config", "/own"],
      ["--help"],
    ]
  ) assertEquals(withClientProperties("topics", args, "/p"), args);
  const create = ["--create", "--topic", "t", "--config", "retention.ms=1"];
  assertEquals(withClientProperties("topics", create, "/p"), [
    "--command-config",
    "/p",
    ...create,
  ]);
});

Deno.test("brokersOfTool() names whom a tool asks with the login of the environment", () => {
  const ask = ["--bootstrap-server", "a:1, [::1]:2", "--list"];
  assertEquals(brokersOfTool("topics", ask), ["a:1", "[::1]:2"]);
  assertEquals(brokersOfTool("topics", ["--bootstrap-server=a:1"]), ["a:1"]);
  assertEquals(brokersOfTool("topics", [...ask, "--command-config", "/p"]), []);
  assertEquals(brokersOfTool("dump-log", ["--files", "f"]), []);
});
