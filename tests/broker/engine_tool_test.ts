import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { EngineError } from "lib/cluster/engine.ts";
import { withOwnBrokers } from "./own_brokers.ts";

Deno.test("tool() runs Kafka's tools against the running brokers, without being told where they are", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    const created = await engine.tool("kafka-topics", [
      ...["--create", "--topic", "orders", "--partitions", "2"],
    ]);
    assertEquals(created, {
      code: 0,
      stdout: "Created topic orders.\n",
      stderr: "",
    });
    const produced = await engine.tool("console-producer", [
      ...["--topic", "orders"],
    ], { input: "pizza\npasta\n" });
    assertEquals(produced.code, 0, produced.stderr);

    const offsets = await engine.tool("get-offsets", ["--topic", "orders"]);
    const counts = offsets.stdout.trim().split("\n")
      .map((line) => Number(line.split(":")[2]));
    assertEquals(counts.reduce((sum, count) => sum + count, 0), 2);
  }));

Deno.test("tool() fills in the brokers for subcommands, too", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    for (
      const [name, ...args] of [
        ["cluster", "cluster-id"],
        ["metadata-quorum", "describe", "--status"],
        ["features", "describe"],
        ["transactions", "list"],
        ["consumer-groups", "--list"],
        ["share-groups", "--list"],
        ["groups", "--list"],
        ["log-dirs", "--describe"],
        ["broker-api-versions"],
        ["configs", "--describe", "--entity-type", "brokers"],
      ]
    ) {
      const result = await engine.tool(name ?? "", args);
      assertEquals(result.code, 0, `${name}: ${result.stderr}${result.stdout}`);
    }
  }));

Deno.test("tool() returns a failing tool's code and what it said", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    const { code, stdout } = await engine.tool("topics", [
      ...["--describe", "--topic", "missing"],
    ]);
    assertEquals(code, 1);
    assertStringIncludes(stdout, "Topic 'missing' does not exist");
  }));

Deno.test("tool() kills a tool at its deadline and says so", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    await engine.tool("topics", ["--create", "--topic", "silent"]);
    await assertRejects(
      () =>
        engine.tool("console-consumer", ["--topic", "silent"], {
          deadlineMs: 1_500,
        }),
      EngineError,
      "console-consumer: it was killed after 1.5 s",
    );
  }));

Deno.test("spawnTool() gives a running tool's lines as they come, and kill() ends it", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    await engine.tool("topics", ["--create", "--topic", "events"]);
    const consumer = engine.spawnTool("verifiable-consumer", [
      ...["--topic", "events", "--group-id", "readers"],
    ]);
    const names: string[] = [];
    for await (const line of consumer.lines) {
      const { name } = JSON.parse(line);
      names.push(name);
      if (name === "partitions_assigned") break;
    }
    assertEquals(names[0], "startup_complete");
    await consumer.kill();
    assert((await consumer.ended).code !== 0);
  }));

Deno.test("spawnTool() ends a tool that nobody reads", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    await engine.tool("topics", ["--create", "--topic", "unread"]);
    const producer = engine.spawnTool("verifiable-producer", [
      ...["--topic", "unread", "--throughput", "-1"],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await producer.kill();
    const { stderr } = await producer.ended;
    assertEquals(stderr, "");
  }));

Deno.test("spawnTool() refuses a tool that does not exist, and suggests the nearest", () =>
  withOwnBrokers(({ engine }) => {
    assertThrows(
      () => engine.spawnTool("kafka-topic", []),
      EngineError,
      "did you mean 'kafka-topics'?",
    );
    return Promise.resolve();
  }));
