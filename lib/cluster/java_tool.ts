import { linesOf } from "../client/lines_of.ts";
import type { ToolProcess } from "./engine.ts";
import {
  javaArguments,
  javaEnvironment,
  type KafkaRuntime,
} from "./kafka_runtime.ts";
import { toolClass, toolNamed } from "./kafka_tools.ts";

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

/** The options of the JVM that suit a tool: those of Kafka's own scripts if it measures, else for a quick start. */
export function toolJvmOptions(name: string): string[] {
  return [...UTF8, ...(measures(name) ? MEASURING : SHORT_RUN)];
}

function measures(name: string): boolean {
  return /perf-test|e2e-latency/.test(toolNamed(name));
}

/** A tool to run, and where its log configuration is. */
export interface JavaToolOptions {
  name: string;
  args: string[];
  logConfiguration: string;
  onStderr?: (text: string) => void;
}

/**
 * Starts one of Kafka's tools as a JVM of this host. Tools that measure run
 * with the flags of Kafka's own scripts, all others with flags for a quick
 * start.
 */
export function spawnJavaTool(
  runtime: KafkaRuntime,
  { name, args, logConfiguration, onStderr = () => {} }: JavaToolOptions,
): ToolProcess {
  const child = new Deno.Command(runtime.java.path, {
    args: javaArguments(
      measures(name) ? { ...runtime, aotCache: undefined } : runtime,
      {
        options: [
          ...toolJvmOptions(name),
          `-Dlog4j2.configurationFile=${logConfiguration}`,
        ],
        mainClass: toolClass(name),
        args,
      },
    ),
    clearEnv: true,
    env: javaEnvironment(),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  // A tool may end without reading its input.
  input.closed.catch(() => {});
  const stderr = child.stderr.pipeThrough(new TextDecoderStream());
  const ended = Promise.all([child.status, collect(stderr, onStderr)])
    .then(([{ code }, stderr]) => ({ code, stderr }))
    .finally(() => input.close().catch(() => {}));
  let read = false;
  return {
    lines: {
      [Symbol.asyncIterator]() {
        read = true;
        return linesOf(child.stdout);
      },
    },
    ended,
    write: (text) => input.write(new TextEncoder().encode(text)),
    closeInput: () => input.close(),
    async kill(signal = "SIGTERM") {
      try {
        child.kill(signal);
      } catch {
        // It has just ended by itself, which is as good.
      }
      // What it still has to say would fill the pipe and keep it from ending.
      if (!read) await child.stdout.pipeTo(new WritableStream());
      await ended;
    },
  };
}

async function collect(
  stream: ReadableStream<string>,
  onText: (text: string) => void,
): Promise<string> {
  let all = "";
  for await (const text of stream) {
    all += text;
    onText(text);
  }
  return all;
}
