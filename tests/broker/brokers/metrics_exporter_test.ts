import { assertEquals, assertRejects } from "@std/assert";
import { EngineError } from "lib/brokers/engine_error.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { localEngine } from "lib/brokers/local/local_engine.ts";
import { metricsPageOf } from "lib/brokers/metrics_exporter.ts";
import { scrape } from "lib/metrics/scrape.ts";
import { valuesOf } from "lib/metrics/samples.ts";

Deno.test(
  "metricsPageOf() makes a running broker serve its metrics, once, at one place",
  async () => {
    const engine = await findEngine("auto");
    const running = (await engine.status())
      .find(({ state, service }) =>
        state === "running" && service !== "controller"
      );
    const service = running!.service;
    const url = await metricsPageOf(service);
    assertEquals(await metricsPageOf(service), url);
    // A tool in the broker's container is not to load the exporter as well.
    const tool = await engine.tool("kafka-topics", ["--list"], { service });
    assertEquals([tool.code, tool.stderr], [0, ""]);

    const { samples } = await scrape([{
      url,
      job: "kafka",
      instance: service,
    }]);
    const says = (name: string) => valuesOf(samples, name).length;
    assertEquals(says("up"), 1);
    assertEquals(
      says("kafka_server_replicamanager_underreplicatedpartitions"),
      1,
    );
    assertEquals(says("kafka_log_logmanager_offlinelogdirectorycount"), 1);
  },
);

Deno.test("metricsPageOf() says why not, and what to do", async () => {
  const stateFolder = await Deno.makeTempDir();
  try {
    await assertRejects(
      () => metricsPageOf("kafka", { engine: localEngine({ stateFolder }) }),
      EngineError,
      "it is not running: start it with",
    );
  } finally {
    await Deno.remove(stateFolder, { recursive: true });
  }
});
