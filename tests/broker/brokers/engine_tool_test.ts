import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { EngineError } from "lib/brokers/engine_error.ts";
import { withOwnBrokers } from "../_own_brokers.ts";

Deno.test("tool() and spawnTool() on one broker", (t) =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    await t.step(
      "tool() runs Kafka's tools against the running brokers, without being told where they are",
      async () => {
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
      },
    );

    await t.step(
      "tool() fills in the brokers for subcommands, too",
      async () => {
        const calls = [
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
          ["e2e-latency", "latency", "10", "1", "100"],
        ];
        await engine.tool("topics", ["--create", "--topic", "latency"]);
        await Promise.all(calls.map(async ([name = "", ...args]) => {
          const { code, stdout, stderr } = await engine.tool(name, args);
          assertEquals(code, 0, `${name}: ${stderr}${stdout}`);
        }));
      },
    );

    await t.step(
      "tool() returns a failing tool's code and what it said",
      async () => {
        const { code, stdout } = await engine.tool("topics", [
          ...["--describe", "--topic", "missing"],
        ]);
        assertEquals(code, 1);
        assertStringIncludes(stdout, "Topic 'missing' does not exist");
      },
    );

    await t.step(
      "tool() kills a tool at its deadline and says so",
      async () => {
        await engine.tool("topics", ["--create", "--topic", "silent"]);
        await assertRejects(
          () =>
            engine.tool("console-consumer", ["--topic", "silent"], {
              deadlineMs: 1_500,
            }),
          EngineError,
          "console-consumer: it was killed after 1.5 s",
        );
      },
    );

    await t.step(
      "spawnTool() gives a running tool's lines as they come, and kill() ends it",
      async () => {
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
      },
    );

    await t.step("spawnTool() ends a tool that nobody reads", async () => {
      await engine.tool("topics", ["--create", "--topic", "unread"]);
      const producer = engine.spawnTool("verifiable-producer", [
        ...["--topic", "unread", "--throughput", "20000"],
      ]);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await producer.kill();
      const { stderr } = await producer.ended;
      assertEquals(stderr, "");
    });

    await t.step(
      "spawnTool() refuses a tool that does not exist, and suggests the nearest",
      () => {
        assertThrows(
          () => engine.spawnTool("kafka-topic", []),
          EngineError,
          "did you mean 'kafka-topics'?",
        );
      },
    );
  }));
