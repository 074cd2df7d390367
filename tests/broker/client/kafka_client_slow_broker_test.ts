// Records flow through one broker that is halted, or killed and started again.
import { assert, assertEquals } from "@std/assert";
import { logLevel } from "kafkajs";
import { pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic } from "lib/admin/topic.ts";
import type { LocalEngine } from "lib/brokers/local/local_engine.ts";
import { withOwnBrokers } from "../_own_brokers.ts";
import { RecordFlow } from "../_record_flow.ts";

const FROZEN_MS = 8_000;

/** Has records flow through a broker of the test's own, to a client that gives a request up after two seconds. */
async function withFlow(
  work: (
    flow: RecordFlow,
    engine: LocalEngine,
    timeouts: () => number,
  ) => Promise<void>,
) {
  await withOwnBrokers(async ({ engine }) => {
    await engine.up();
    let timeouts = 0;
    const kafka = kafkaClient({
      brokers: engine.addresses(),
      requestTimeout: 2_000,
      logLevel: logLevel.DEBUG,
      logCreator: () => ({ log }) => {
        if (/Produce\(.*timed out/.test(JSON.stringify(log))) timeouts++;
      },
    });
    await createTopic(kafka, "flow", { partitions: 3 });
    await using flow = await RecordFlow.start(kafka, "flow");
    await work(flow, engine, () => timeouts);
    await flow.end();
    assertEquals(flow.ledger.counts.refused, 0);
  });
}

Deno.test("a broker that halts for 8 s makes requests time out, which are repeated: none is lost, twice in the log or out of order", () =>
  withFlow(async (flow, engine, timeouts) => {
    await engine.freeze("kafka");
    await pause(FROZEN_MS);
    await engine.thaw("kafka");
    await flow.untilProduced();
    await flow.untilConsumed();
    assert(timeouts() > 0, "no request timed out");
  }));

Deno.test("a broker that is killed and started again is written to and read from again", () =>
  withFlow(async (flow, engine) => {
    await engine.kill("kafka");
    await engine.start("kafka");
    await Promise.all([flow.untilProduced(), flow.untilConsumed()]);
  }));
