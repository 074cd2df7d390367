import { assertEquals, assertRejects } from "@std/assert";
import type { Engine } from "lib/brokers/engine.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { localEngine } from "lib/brokers/local/local_engine.ts";
import { metricsPageOf } from "lib/brokers/metrics_exporter.ts";
import { scrape } from "lib/metrics/scrape.ts";
import { valuesOf } from "lib/metrics/samples.ts";

const { name } = await findEngine("auto");

Deno.test({
  name:
    "metricsPageOf() makes a running broker serve its metrics, once, at one place",
  ignore: name === "compose",
  async fn() {
    const engine = await findEngine("auto");
    const running = (await engine.status())
      .find(({ state, service }) =>
        state === "running" && service !== "controller"
      );
    const service = running!.service;
    const url = await metricsPageOf(service);
    assertEquals(await metricsPageOf(service), url);

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
});

Deno.test("metricsPageOf() says why not, and what to do", async () => {
  const stateFolder = await Deno.makeTempDir();
  try {
    await assertRejects(
      () => metricsPageOf("kafka", { engine: localEngine({ stateFolder }) }),
      EngineError,
      "it is not running: start it with",
    );
    const containers = {
      name: "compose",
      status: () => Promise.resolve([]),
    } as unknown as Engine;
    await assertRejects(
      () => metricsPageOf("kafka-1", { engine: containers }),
      EngineError,
      "in a container, whose image has no jcmd",
    );
  } finally {
    await Deno.remove(stateFolder, { recursive: true });
  }
});
