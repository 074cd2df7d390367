import { readComposeFile } from "lib/cluster/compose_file.ts";
import type { EngineOptions } from "lib/cluster/engine.ts";
import { type LocalEngine, localEngine } from "lib/cluster/local_engine.ts";
import { freePorts } from "lib/cluster/ports.ts";

/** An engine with brokers of a test's own: other ports, another folder, so that the user's are never touched. */
export interface OwnBrokers {
  engine: LocalEngine;
  composeFile: string;
  stateFolder: string;
  options: EngineOptions;
  /** The port that stands in place of one of the project's compose.yaml. */
  port: (original: number) => number;
  /** Changes the compose file; `engine` sees it as a new command would. */
  edit: (change: (text: string) => string) => void;
}

const DEFAULT = readComposeFile();

/** Every port of the project's Kafka services: 9092, 19092, 19192 and so on. */
const BROKER_PORT = /(?<=:)(?:909[2-4]|19[0-2]9[2-4])\b/g;

/**
 * Runs a test with brokers of its own, described as the project's are, and
 * ends and deletes them whatever happens.
 */
export async function withOwnBrokers(
  work: (own: OwnBrokers) => Promise<void>,
): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "own-brokers-" });
  const composeFile = `${folder}/compose.yaml`;
  const stateFolder = `${folder}/state`;
  const { text, port } = withFreePorts(Deno.readTextFileSync(DEFAULT.path));
  Deno.writeTextFileSync(composeFile, text);
  const options = { composeFile, stateFolder };
  const own: OwnBrokers = {
    engine: localEngine(options),
    composeFile,
    stateFolder,
    options,
    port,
    edit(change) {
      Deno.writeTextFileSync(
        composeFile,
        change(Deno.readTextFileSync(composeFile)),
      );
      own.engine = localEngine(options);
    },
  };
  try {
    await work(own);
  } finally {
    await localEngine(options).down();
    Deno.removeSync(folder, { recursive: true });
  }
}

function withFreePorts(text: string) {
  const originals = [...new Set(text.match(BROKER_PORT))];
  const free = freePorts(originals.length);
  const ports = new Map(originals.map((original, i) => [original, free[i]]));
  return {
    text: text.replace(
      BROKER_PORT,
      (original) => String(ports.get(original)),
    ),
    port: (original: number) => ports.get(String(original)) ?? original,
  };
}

/** Another `deno` that uses the same brokers, as a second command of the user would. */
export function otherCommand(
  { options }: OwnBrokers,
  operation: "up" | "down",
  { env = {}, program = [] }: {
    env?: Record<string, string>;
    program?: string[];
  } = {},
): Deno.ChildProcess {
  const [first = Deno.execPath(), ...before] = program;
  return new Deno.Command(first, {
    args: [
      ...before,
      ...(program.length > 0 ? [Deno.execPath()] : []),
      ...["run", "-A", "--no-lock"],
      new URL("own_command.ts", import.meta.url).pathname,
      operation,
      JSON.stringify(options),
    ],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
