import { assertEquals, assertMatch } from "@std/assert";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { brokerIdsAt } from "lib/client/broker_ids_at.ts";
import { type OwnBrokers, withOwnBrokers } from "../_own_brokers.ts";

const BROKERS = ["kafka-1", "kafka-2", "kafka-3"];

Deno.test("up() with 'cluster' returns when each broker names all three", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up({ cluster: true });
    for (const address of own.engine.addresses({ cluster: true })) {
      const named = await brokerIdsAt(
        address.replace("localhost", "127.0.0.1"),
      );
      assertEquals(named, [1, 2, 3]);
    }
    assertEquals(await states(own), {
      controller: "running",
      "kafka-1": "running",
      "kafka-2": "running",
      "kafka-3": "running",
    });
    const single = await own.engine.status({ services: ["kafka"] });
    assertEquals(single[0]?.state, "absent");

    const lines: string[] = [];
    const onProgress = (line: string) => lines.push(line);
    const names = [...BROKERS, "controller"];
    assertEquals(await own.engine.down({ onProgress }), names);
    assertEquals(lines, names.map((name) => `${name}: stopped`));
  }));

Deno.test("up() of one broker starts the controller that it depends on", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up({ services: ["kafka-2"] });
    assertEquals(await states(own), {
      controller: "running",
      "kafka-1": "absent",
      "kafka-2": "running",
      "kafka-3": "absent",
    });
  }));

Deno.test("kill(), freeze() and thaw() of one broker leave the others serving, and it comes back", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up({ cluster: true });
    const addresses = own.engine.addresses({ cluster: true });
    const kafka = kafkaClient({ brokers: addresses });
    await createTopic(kafka, "faults", { partitions: 3, replicationFactor: 3 });

    await own.engine.kill("kafka-2");
    await own.engine.freeze("kafka-3");
    assertEquals(await states(own), {
      controller: "running",
      "kafka-1": "running",
      "kafka-2": "killed",
      "kafka-3": "frozen",
    });
    // Who is silent loses its session: the one left is alone in the metadata.
    const one = (addresses[0] ?? "").replace("localhost", "127.0.0.1");
    await until(async () => String(await brokerIdsAt(one)) === "1", {
      what: "kafka-1 to be alone",
    });

    await own.engine.thaw("kafka-3");
    await own.engine.start("kafka-2");
    await until(async () => String(await brokerIdsAt(one)) === "1,2,3", {
      what: "kafka-1 to name all three again",
    });
  }));

Deno.test("down() ends brokers whose controller is gone, within their deadline", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up({ cluster: true });
    await own.engine.kill("controller");
    const lines: string[] = [];
    const ended = await own.engine.down({
      onProgress: (line) => lines.push(line),
    });
    assertEquals(ended, BROKERS);
    // A broker may have ended before it asks for its controller; none is waited for as long as
    // one that has a controller.
    for (const [index, line] of lines.entries()) {
      assertMatch(
        line,
        new RegExp(
          `^${
            BROKERS[index]
          }: (stopped|killed, as it did not stop within 2 s)$`,
        ),
      );
    }
    assertEquals(lines.length, BROKERS.length);
  }));

async function states({ engine }: OwnBrokers) {
  const status = await engine.status({ cluster: true });
  return Object.fromEntries(
    status.map(({ service, state }) => [service, state]),
  );
}
