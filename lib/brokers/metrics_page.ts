import { fileURLToPath } from "node:url";
import { until } from "../client/until.ts";
import { EngineError } from "./engine_error.ts";

/** The rules of Prometheus' JMX exporter: which of a node's metrics its page shows. */
export const EXPORTER_RULES = fileURLToPath(
  new URL("jmx_exporter.yml", import.meta.url),
);

/** The exporter's jar among those of `jgo.more.toml`. */
export const EXPORTER_JAR = "jmx_prometheus_javaagent";

const READY_MS = 20_000;

/**
 * Where a page of metrics is.
 *
 * @param port Its port on this host.
 * @returns The address.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(metricsUrl(20123), "http://127.0.0.1:20123/metrics");
 * ```
 */
export function metricsUrl(port: number): string {
  return `http://127.0.0.1:${port}/metrics`;
}

/**
 * Whether a page with metrics of Kafka's answers.
 *
 * @param url Where the page is.
 * @returns False also of a page of something else.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await pageAnswers("http://127.0.0.1:1/metrics"), false);
 * ```
 */
export async function pageAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return (await response.text()).includes("kafka_");
  } catch {
    return false;
  }
}

/**
 * Waits until a service's page of metrics answers.
 *
 * @param service The service's name.
 * @param url Where its page is to be.
 * @returns The address.
 * @throws {DeadlineError} If it does not answer within 20 s.
 * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * // const url = await untilPageAnswers("kafka-1", "http://127.0.0.1:20123/metrics");
 * ```
 */
export async function untilPageAnswers(
  service: string,
  url: string,
): Promise<string> {
  await until(() => pageAnswers(url), {
    what: `the page of metrics of '${service}'`,
    deadlineMs: READY_MS,
  });
  return url;
}

/**
 * Why a service's metrics cannot be read.
 *
 * @param service The service's name.
 * @param why What is in the way, and what to do.
 * @returns The error.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   noMetrics("kafka", "it is frozen: thaw it first").message,
 *   "Cannot read the metrics of 'kafka' as it is frozen: thaw it first",
 * );
 * ```
 */
export function noMetrics(service: string, why: string): EngineError {
  return new EngineError(`Cannot read the metrics of '${service}' as ${why}`);
}
