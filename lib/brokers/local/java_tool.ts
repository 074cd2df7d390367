import { linesOf } from "../lines_of.ts";
import type { ToolProcess } from "../engine.ts";
import {
  javaArguments,
  javaEnvironment,
  type KafkaRuntime,
} from "./kafka_runtime.ts";
import { toolClass } from "../tool_catalog.ts";
import { isMeasuringTool, toolJvmOptions } from "../tool_jvm_options.ts";

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
 *
 * @param runtime Java and the jars.
 * @param options The tool, its arguments, and who hears its standard error.
 * @returns The running tool.
 * @throws {EngineError} If there is no such tool.
 */
export function spawnJavaTool(
  runtime: KafkaRuntime,
  { name, args, logConfiguration, onStderr = () => {} }: JavaToolOptions,
): ToolProcess {
  const child = new Deno.Command(runtime.java.path, {
    args: javaArguments(
      isMeasuringTool(name) ? { ...runtime, aotCache: undefined } : runtime,
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
  const stderr = child.stderr.pipeThrough(
    new TextDecoderStream("utf-8", { ignoreBOM: true }),
  );
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
