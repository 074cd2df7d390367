// deno task kafka: starts, stops and looks at the brokers of compose.yaml.
import { ownCommand } from "lib/client/own_command.ts";
import { parseArgs } from "@std/cli/parse-args";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import type {
  Engine,
  EngineName,
  EngineOptions,
  ServiceStatus,
} from "lib/brokers/engine.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { whyNoBroker } from "lib/brokers/tool_brokers.ts";
import { KAFKA_TOOLS, toolNamed } from "lib/brokers/tool_catalog.ts";
import { toolFailure } from "lib/brokers/tool_failure.ts";
import { closestString } from "lib/brokers/closest_string.ts";
import { refuseUnknown, runCommand, UsageError } from "./command.ts";

interface Options {
  /** The services named, or none. */
  services: string[];
  cluster: boolean;
  lines: number;
}

interface Command {
  usage: string;
  summary: string;
  /** What --help tells beyond the summary. */
  help: string;
  run: (engine: Engine, options: Options) => Promise<void>;
}

const ENGINE_HELP =
  `  --engine NAME  auto (default), compose (containers) or local (plain processes)`;
const CLUSTER_HELP =
  `  --cluster      the controller and three brokers in place of the single broker`;

const COMMANDS: Record<string, Command> = {
  up: {
    usage: "up [--cluster] [SERVICE …]",
    summary: "Start the broker, or the cluster, and wait until it is ready",
    help: `${CLUSTER_HELP}
${ENGINE_HELP}

What runs already is left alone. Notebooks find the broker at localhost:9092.

Services that are no brokers start by name: 'deno task kafka up postgres connect' starts PostgreSQL
on localhost:15432 and Kafka Connect on http://localhost:8083, and fetches what they need, once.

Beside brokers in containers, 'docker compose --profile ui up -d' opens a web page over them on
http://localhost:18080 (kafka-ui; no check of this project runs it).`,
    run: up,
  },
  down: {
    usage: "down [--cluster] [SERVICE …]",
    summary: "Stop what was started; the data is kept",
    help: `${CLUSTER_HELP}
${ENGINE_HELP}

Without a SERVICE it stops all that runs, one after another.`,
    run: down,
  },
  status: {
    usage: "status [SERVICE …]",
    summary: "Tell what each service is doing",
    help: ENGINE_HELP,
    run: async (engine, { services }) =>
      printStatus(
        engine,
        await engine.status(services.length ? { services } : {}),
      ),
  },
  logs: {
    usage: "logs [SERVICE] [--lines COUNT]",
    summary: "Show the end of a service's log",
    help: `  --lines COUNT  how many lines (default: 100)
${ENGINE_HELP}

Without a SERVICE it shows that of 'kafka', the single broker.`,
    run: async (engine, { services, lines }) =>
      print(await engine.logs(services[0] ?? "kafka", { lines })),
  },
  reset: {
    usage: "reset [--cluster] [SERVICE …]",
    summary: "Stop the services and delete their data",
    help: `${CLUSTER_HELP}
${ENGINE_HELP}

Without a SERVICE it deletes the topics, records and groups of all brokers of compose.yaml.`,
    run: async (engine, options) => {
      await engine.reset({ ...choice(options), onProgress });
      console.log("The next start begins with empty brokers.");
    },
  },
  start: oneService("start", "Start one service and wait until it answers"),
  stop: oneService("stop", "Stop one service in an orderly way"),
  kill: oneService("kill", "End one service as a crash would (SIGKILL)"),
  freeze: oneService("freeze", "Halt one service: it is there, but silent"),
  thaw: oneService("thaw", "Let a frozen service go on"),
  tool: {
    usage: "tool [NAME [ARGUMENT …]]",
    summary: "Run one of Kafka's own command line tools",
    help: `${ENGINE_HELP} (before NAME)

Without a NAME it lists the tools. '--bootstrap-server' is filled in where it is missing, from
KAFKA_BROKERS if that is set, and TLS and login from KAFKA_SSL, KAFKA_SSL_CA and KAFKA_SASL_*. A tool
that says only among its output that it has failed ends with 1:

  deno task kafka tool topics --list
  deno task kafka tool console-consumer --topic orders --from-beginning --max-messages 3
  deno task kafka tool topics --help`,
    run: () => Promise.resolve(),
  },
};

function oneService(
  name: "start" | "stop" | "kill" | "freeze" | "thaw",
  summary: string,
): Command {
  return {
    usage: `${name} SERVICE`,
    summary,
    help: ENGINE_HELP,
    run: async (engine, { services }) => {
      const [service, ...more] = services;
      if (service === undefined || more.length > 0) {
        throw new UsageError(
          `Cannot ${name}: give the name of one service, such as '${
            ownCommand(`kafka ${name} kafka-2`)
          }'`,
        );
      }
      await engine[name](service);
      printStatus(engine, await engine.status({ services: [service] }));
    },
  };
}

/**
 * Runs `deno task kafka` with its arguments.
 *
 * @param places Other files and folders than the project's, for tests.
 * @returns The exit code.
 */
export async function kafkaCommand(
  args: string[],
  places: EngineOptions = {},
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") {
    console.log(overview());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    const near = closestString(name, Object.keys(COMMANDS));
    throw new UsageError(
      `Cannot run 'kafka ${name}': there is no such command; ${
        near
          ? `did you mean '${near}'?`
          : `'${ownCommand("kafka --help")}' lists them all`
      }`,
    );
  }
  if (name === "tool") return await tool(command, rest, places);
  const parsed = parseArgs(rest, {
    boolean: ["cluster", "help"],
    string: ["engine", "lines", "_"],
    alias: { help: "h" },
    default: { engine: "auto", lines: "100" },
    unknown: refuseUnknown(`kafka ${name}`, { takesArguments: true }),
  });
  if (parsed.help) {
    console.log(helpOf(command));
    return 0;
  }
  const lines = lineCount(parsed.lines);
  const engine = await findEngine(engineName(parsed.engine), places);
  const services = parsed._.map(String);
  try {
    await command.run(engine, { services, cluster: parsed.cluster, lines });
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    console.error(error.message);
    return 130;
  }
  return 0;
}

/** An interrupt ends what was started, as half a cluster is of no use. */
async function up(engine: Engine, options: Options) {
  const onInterrupt = () => {
    console.log("Ending what was started …");
    interrupt("Interrupted before the brokers were ready");
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  try {
    await engine.up({ ...choice(options), onProgress });
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
}

async function down(engine: Engine, options: Options) {
  const ended = await engine.down({ ...choice(options), onProgress });
  if (ended.length === 0) console.log("Nothing was running.");
}

async function tool(
  command: Command,
  args: string[],
  places: EngineOptions,
): Promise<number> {
  const parsed = parseArgs(args, {
    boolean: ["help"],
    string: ["engine"],
    alias: { help: "h" },
    default: { engine: "auto" },
    stopEarly: true,
    unknown: refuseUnknown("kafka tool", { takesArguments: true }),
  });
  if (parsed.help) {
    console.log(helpOf(command));
    return 0;
  }
  const [name, ...rest] = parsed._.map(String);
  if (name === undefined) {
    console.log(Object.keys(KAFKA_TOOLS).join("\n"));
    return 0;
  }
  const engine = await findEngine(engineName(parsed.engine), places);
  toolNamed(name);
  const why = await whyNoBroker(engine, name, rest);
  // Of these, Java says thirty lines, or nothing at all.
  if (why?.isFinal) {
    throw new EngineError(
      `Cannot run ${[name, ...rest].join(" ")}: ${why.reason}`,
    );
  }
  const tool = engine.spawnTool(name, rest, {
    onStderr: (text) => writeAll(Deno.stderr, text),
  });
  // An interrupt reaches the tool, too: let it end and say its last words.
  Deno.addSignalListener("SIGINT", () => {});
  passInput(tool);
  const lastLines: string[] = [];
  for await (const line of tool.lines) {
    writeAll(Deno.stdout, `${line}\n`);
    lastLines.push(line);
    if (lastLines.length > MOST_LINES) lastLines.shift();
  }
  const { code, stderr } = await tool.ended;
  if (code !== 0) return code;
  const failure = toolFailure(name, rest, {
    ...{ code, stderr },
    stdout: lastLines.join("\n"),
  });
  if (failure) throw failure;
  return 0;
}

/** Whether a tool has failed stands in its last lines. */
const MOST_LINES = 1_000;

async function passInput(tool: ReturnType<Engine["spawnTool"]>) {
  try {
    const decoder = new TextDecoder();
    for await (const bytes of Deno.stdin.readable) {
      await tool.write(decoder.decode(bytes, { stream: true }));
    }
    await tool.closeInput();
  } catch {
    // The tool has ended without reading all of it.
  }
}

function choice({ services, cluster }: Options) {
  if (services.length > 0) return { services };
  return cluster ? { cluster } : {};
}

function printStatus(engine: Engine, services: ServiceStatus[]) {
  const width = Math.max(...services.map(({ service }) => service.length));
  for (const { service, state, address, pid, detail } of services) {
    const more = [
      address,
      pid === undefined ? undefined : `process ${pid}`,
      detail,
    ].filter((part) => part !== undefined).join(", ");
    console.log(
      `${service.padEnd(width)}  ${state.padEnd(8)}  ${more}`.trimEnd(),
    );
  }
  if (services.every(({ state }) => state === "absent")) {
    console.log(
      `Nothing runs (engine: ${engine.name}). Start with '${
        ownCommand("kafka up")
      }'.`,
    );
  }
}

function overview(): string {
  const width = Math.max(...Object.values(COMMANDS).map((c) => c.usage.length));
  const rows = Object.values(COMMANDS).map(({ usage, summary }) =>
    `  ${usage.padEnd(width)}  ${summary}`
  );
  return `Starts, stops and looks at the Kafka brokers that compose.yaml describes.

Usage: ${ownCommand("kafka COMMAND")}

${rows.join("\n")}

'${ownCommand("kafka COMMAND --help")}' tells more.`;
}

function helpOf({ usage, summary, help }: Command): string {
  return `${summary}.\n\nUsage: ${ownCommand(`kafka ${usage}`)}\n\n${help}`;
}

function engineName(text: string): "auto" | EngineName {
  if (text === "auto" || text === "compose" || text === "local") return text;
  throw new UsageError(
    `Cannot choose the engine '${text}': it must be auto, compose or local`,
  );
}

function lineCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new UsageError(
    `Cannot show '${text}' lines: it must be a positive number`,
  );
}

function onProgress(line: string) {
  console.log(line);
}

function print(text: string) {
  writeAll(Deno.stdout, text);
}

function writeAll(to: { writeSync(bytes: Uint8Array): number }, text: string) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
}

if (import.meta.main) await runCommand((args) => kafkaCommand(args));
