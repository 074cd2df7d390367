import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createTopic, topicExists } from "lib/admin/topic.ts";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../../_patience.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { isThere } from "lib/brokers/is_there.ts";
import { localEngine } from "lib/brokers/local/local_engine.ts";
import { identifyProcess } from "lib/brokers/process_identity.ts";
import { withOwnBrokers } from "../_own_brokers.ts";

Deno.test("up() returns when the broker answers, with at most 200 MiB of memory, and down() ends it and keeps its data", () =>
  withOwnBrokers(async ({ engine, port }) => {
    const address = `localhost:${port(9092)}`;
    const lines: string[] = [];
    await engine.up({ onProgress: (line) => lines.push(line) });
    assertStringIncludes(lines.at(-1) ?? "", address);
    assertEquals(engine.addresses(), [address]);

    const kafka = kafkaClient({ brokers: [address] });
    await createTopic(kafka, "kept", { partitions: 1 });
    const [running] = await engine.status({ services: ["kafka"] });
    assertEquals(running?.state, "running");
    assertEquals(running?.address, address);
    assert(running?.pid && identifyProcess(running.pid));
    const residentKiB = Number(ps(running.pid, "rss"));
    assert(residentKiB <= 200 * 1024, `${residentKiB} KiB`);

    assertEquals(await engine.down(), ["kafka"]);
    assertEquals(identifyProcess(running.pid), undefined);
    assertEquals((await engine.status())[0]?.state, "absent");

    await engine.up();
    assert(await topicExists(kafka, "kept"));
  }));

Deno.test("up() leaves a broker alone that runs already", () =>
  withOwnBrokers(async ({ engine, options }) => {
    await engine.up();
    const [before] = await engine.status({ services: ["kafka"] });
    const lines: string[] = [];
    await localEngine(options).up({ onProgress: (line) => lines.push(line) });
    const [after] = await engine.status({ services: ["kafka"] });

    assertEquals(after?.pid, before?.pid);
    assertEquals(lines[0], "kafka: runs already");
  }));

Deno.test("up() converts and formats once, and again when the description changed", () =>
  withOwnBrokers(async (own) => {
    const formats = async () => {
      const lines: string[] = [];
      await own.engine.up({ onProgress: (line) => lines.push(line) });
      await own.engine.down();
      return lines.filter((line) => line.includes("configured")).length;
    };
    assertEquals(await formats(), 1);
    assertEquals(await formats(), 0);
    own.edit((text) =>
      text.replace("KAFKA_NUM_PARTITIONS: 3", "KAFKA_NUM_PARTITIONS: 4")
    );
    assertEquals(await formats(), 1);
    const properties = Deno.readTextFileSync(
      `${own.stateFolder}/brokers/kafka/config/final/server.properties`,
    );
    assertStringIncludes(properties, "num.partitions=4");
  }));

Deno.test("up() starts a broker in a session of its own, so that no interrupt of this one's group reaches it", () =>
  withOwnBrokers(async ({ engine }) => {
    await engine.up();
    const [{ pid } = {}] = await engine.status({ services: ["kafka"] });
    assertEquals(session(pid ?? 0) === session(Deno.pid), false);
    assertEquals(group(pid ?? 0) === group(Deno.pid), false);
  }));

Deno.test("reset() stops the broker and deletes its data", () =>
  withOwnBrokers(async ({ engine, port }) => {
    const kafka = kafkaClient({ brokers: [`localhost:${port(9092)}`] });
    await engine.up();
    await createTopic(kafka, "gone", { partitions: 1 });
    await engine.reset();
    assertEquals((await engine.status())[0]?.state, "absent");
    await engine.up();
    assertEquals(await topicExists(kafka, "gone"), false);
  }));

Deno.test("logs() returns the last lines, and says so where a service was never started", () =>
  withOwnBrokers(async ({ engine }) => {
    await assertRejects(
      () => engine.logs("kafka"),
      EngineError,
      "Cannot show a log of 'kafka': it has not been started",
    );
    await engine.up();
    const log = await engine.logs("kafka", { lines: 5 });
    assertEquals(log.trimEnd().split("\n").length, 5);
    const whole = await engine.logs("kafka", { lines: 10_000 });
    assertStringIncludes(whole, "[BrokerServer id=1] Transition from");
  }));

Deno.test("status() still shows a service that compose.yaml no longer has, and down() ends it", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up();
    own.edit((text) =>
      text.replace("\n  kafka:\n", "\n  renamed:\n")
        .replaceAll(/depends_on: \[kafka/g, "depends_on: [renamed")
    );
    const old = (await own.engine.status())
      .find(({ service }) => service === "kafka");
    assertEquals(old?.state, "running");
    assertEquals(await own.engine.down(), ["kafka"]);
  }));

Deno.test("down() ends what runs even where compose.yaml cannot be read", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up();
    own.edit(() => "services: [");
    assertEquals(await own.engine.down(), ["kafka"]);
  }));

Deno.test("down() of nothing ends nothing", () =>
  withOwnBrokers(async ({ engine }) => {
    assertEquals(await engine.down(), []);
  }));

function session(pid: number): string | undefined {
  return ps(pid, "sess");
}

function group(pid: number): string | undefined {
  return ps(pid, "pgid");
}

function ps(pid: number, column: string): string {
  const { stdout } = new Deno.Command("ps", {
    args: ["-o", `${column}=`, "-p", String(pid)],
  }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("up() that is interrupted ends what it has started", () =>
  withOwnBrokers(async ({ engine, stateFolder }) => {
    const starting = engine.up();
    await until(() => isThere(`${stateFolder}/brokers/kafka/prepared.json`), {
      what: "the broker to be launched",
      intervalMs: 5,
    });
    interrupt("Stopped");
    await assertRejects(() => starting, InterruptedError, "Stopped");
    const [status] = await engine.status({ services: ["kafka"] });
    assertEquals(status?.state, "absent");
    assertEquals(await engine.down(), []);
  }));
