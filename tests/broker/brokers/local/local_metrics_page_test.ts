import { assertEquals, assertRejects } from "@std/assert";
import { EngineError } from "lib/brokers/engine_error.ts";
import { withOwnBrokers } from "../../_own_brokers.ts";

Deno.test("localMetricsPage() refuses a frozen broker without a page; one that has a page keeps it when frozen", async () => {
  await withOwnBrokers(async ({ engine }) => {
    await engine.up();
    await engine.freeze("kafka");
    await assertRejects(
      () => engine.metricsPage("kafka"),
      EngineError,
      "it is frozen, and cannot load the exporter: thaw it first",
    );
    await engine.thaw("kafka");
    const url = await engine.metricsPage("kafka");
    await engine.freeze("kafka");
    assertEquals(await engine.metricsPage("kafka"), url);
  });
});
