import { toolNamed } from "./tool_catalog.ts";

/** Most tools are over before a compiler that optimizes pays off. */
const SHORT_RUN = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/** What Kafka's own scripts give to the tools that measure throughput. */
const MEASURING = [
  "-Xmx512m",
  "-server",
  "-XX:+UseG1GC",
  "-XX:MaxGCPauseMillis=20",
  "-XX:InitiatingHeapOccupancyPercent=35",
  "-XX:+ExplicitGCInvokesConcurrent",
];

/** What a tool writes is read as UTF-8, also where the host or the container has no such locale. */
const UTF8 = ["-Dstdout.encoding=UTF-8", "-Dstderr.encoding=UTF-8"];

/**
 * The options of the JVM that suit a tool: those of Kafka's own scripts if it measures, else for a quick start.
 *
 * @param name The tool, as `toolNamed()` allows.
 * @returns The options.
 * @throws {EngineError} If there is no such tool.
 */
export function toolJvmOptions(name: string): string[] {
  return [...UTF8, ...(isMeasuringTool(name) ? MEASURING : SHORT_RUN)];
}

/**
 * Whether a tool measures throughput or latency, so that its JVM runs as Kafka's own scripts start it.
 *
 * @param name The tool, as `toolNamed()` allows.
 * @returns Whether it does.
 * @throws {EngineError} If there is no such tool.
 */
export function isMeasuringTool(name: string): boolean {
  return /perf-test|e2e-latency/.test(toolNamed(name));
}
