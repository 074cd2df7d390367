import type { Engine, EngineOptions } from "./engine.ts";
import { findEngine } from "./find_engine.ts";

/** Where a node's exporter is looked for, and who hears of it. */
export interface MetricsExporterOptions extends EngineOptions {
  /** What runs the node. Default: what `findEngine("auto")` finds. */
  engine?: Engine;
  /** Hears what is fetched, at the first use, and what is started anew. */
  onProgress?: (line: string) => void;
}

/**
 * Has a running broker or controller serve its metrics as a page for
 * Prometheus, by Prometheus' JMX exporter. A process loads it while it runs. A
 * container, whose image has nothing to load it with, is made anew with it,
 * its data kept. A node that has the exporter keeps it.
 *
 * @param service The service's name: "kafka-1".
 * @param options What runs it, and who hears of what is done.
 * @returns Where the page is: `http://127.0.0.1:20123/metrics`.
 * @throws {EngineError} If the service does not run, or is frozen; or the exporter cannot be fetched or loaded.
 * @throws {DeadlineError} If the page does not answer within 20 s.
 * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * // const url = await metricsPageOf("kafka-1");
 * // const page = await (await fetch(url)).text();
 * ```
 */
export async function metricsPageOf(
  service: string,
  { engine, onProgress, ...places }: MetricsExporterOptions = {},
): Promise<string> {
  const runs = engine ?? await findEngine("auto", places);
  return await runs.metricsPage(service, onProgress);
}
