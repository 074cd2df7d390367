import { linesOf } from "../lines_of.ts";
import type { ContainerProject } from "./compose_project.ts";
import type { ToolProcess } from "../engine.ts";
import { toolJvmOptions } from "../tool_jvm_options.ts";
import { toolClass } from "../tool_catalog.ts";

/** A tool to run, and the container to run it in. */
export interface ContainerToolOptions {
  name: string;
  /**
   * Finds the container, the arguments, and the text of the properties file
   * that they name as {@linkcode PROPERTIES_FILE}; what it throws, reading the
   * tool's end or lines throws.
   */
  prepare: () => Promise<
    { container: string; args: string[]; properties?: string }
  >;
  onStderr?: (text: string) => void;
}

/** Where a tool in a container finds how to log in. */
export const PROPERTIES_FILE = "/tmp/kafka-notebooks-client.properties";

/** The text of that file crosses over as a variable, which no list of processes shows. */
const PROPERTIES_VARIABLE = "KAFKA_NOTEBOOKS_PROPERTIES";

/** Ending `docker exec` would leave its process running, so the shell first tells the id to end later. */
const SCRIPT = 'echo "$$" >&2; exec "$@"';

/** Written aside and moved, as tools may start side by side. */
const SCRIPT_WITH_PROPERTIES =
  `umask 077; printf %s "$${PROPERTIES_VARIABLE}" >${PROPERTIES_FILE}.$$ && ` +
  `mv ${PROPERTIES_FILE}.$$ ${PROPERTIES_FILE}; unset ${PROPERTIES_VARIABLE}; ${SCRIPT}`;

/**
 * Starts one of Kafka's tools in a running container of its image.
 *
 * @param project The project whose `docker` command is used.
 * @param options The tool, and what prepares its run.
 * @returns The running tool.
 *
 * @example Usage
 * ```ts ignore
 * const tool = spawnContainerTool(project, {
 *   name: "kafka-topics",
 *   prepare: () => Promise.resolve({ container: "0123456789ab", args: ["--list"] }),
 * });
 * for await (const topic of tool.lines) console.log(topic);
 * ```
 */
export function spawnContainerTool(
  project: ContainerProject,
  options: ContainerToolOptions,
): ToolProcess {
  const started = start(project, options);
  const ended = started.then(async ({ child, input, stderr }) => {
    const [{ code }, text] = await Promise.all([child.status, stderr]);
    input.close().catch(() => {});
    return { code, stderr: text };
  });
  // Whoever reads `lines` meets the same error, and need not await this.
  ended.catch(() => {});
  let read = false;
  return {
    lines: {
      [Symbol.asyncIterator]() {
        read = true;
        return outputOf(started);
      },
    },
    ended,
    async write(text) {
      const { input } = await started;
      await input.write(new TextEncoder().encode(text));
    },
    async closeInput() {
      const { input } = await started;
      await input.close();
    },
    async kill(signal = "SIGTERM") {
      const { child, container, processId } = await started;
      const id = await processId;
      const kill = `kill -${signal.slice("SIG".length)} ${id}`;
      // One that has ended by itself meanwhile cannot be signalled, which is as good.
      if (id) {
        await project.tryDocker(["exec", container, "sh", "-c", kill]);
      }
      // What it still has to say would fill the pipe and keep it from ending.
      if (!read) await child.stdout.pipeTo(new WritableStream());
      await ended;
    },
  };
}

interface Started {
  child: Deno.ChildProcess;
  input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  container: string;
  /** Its id within the container; undefined if it ended before telling. */
  processId: Promise<string | undefined>;
  stderr: Promise<string>;
}

async function start(
  project: ContainerProject,
  { name, prepare, onStderr = () => {} }: ContainerToolOptions,
): Promise<Started> {
  const { container, args, properties } = await prepare();
  const [program = "", ...before] = project.commands.docker;
  const child = new Deno.Command(program, {
    args: [
      ...[...before, "exec", "--interactive"],
      ...(properties ? ["--env", PROPERTIES_VARIABLE] : []),
      container,
      ...["sh", "-c", properties ? SCRIPT_WITH_PROPERTIES : SCRIPT, "tool"],
      ...javaCommand(name),
      ...args,
    ],
    ...(properties ? { env: { [PROPERTIES_VARIABLE]: properties } } : {}),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  // A tool may end without reading its input.
  input.closed.catch(() => {});
  const found = Promise.withResolvers<string | undefined>();
  const stderr = readErrors(child.stderr, found.resolve, onStderr);
  return { child, input, container, processId: found.promise, stderr };
}

function javaCommand(name: string): string[] {
  return [
    "java",
    ...toolJvmOptions(name),
    "-Dlog4j2.configurationFile=/opt/kafka/config/tools-log4j2.yaml",
    "-cp",
    "/opt/kafka/libs/*",
    toolClass(name),
  ];
}

/** Reads standard error to its end, but for the process id at its front. */
async function readErrors(
  stream: ReadableStream<Uint8Array>,
  found: (id: string | undefined) => void,
  onText: (text: string) => void,
): Promise<string> {
  let text = "";
  let id: string | undefined;
  for await (
    const chunk of stream.pipeThrough(
      new TextDecoderStream("utf-8", { ignoreBOM: true }),
    )
  ) {
    text += chunk;
    if (id !== undefined) {
      onText(chunk);
      continue;
    }
    const [line, first] = /^(\d+)\r?\n/.exec(text) ?? [];
    if (line === undefined) continue;
    id = first;
    text = text.slice(line.length);
    found(id);
    if (text) onText(text);
  }
  found(id);
  // Without an id it is `docker` that said why.
  if (id === undefined && text) onText(text);
  return text;
}

async function* outputOf(started: Promise<Started>): AsyncGenerator<string> {
  const { child } = await started;
  yield* linesOf(child.stdout);
}
