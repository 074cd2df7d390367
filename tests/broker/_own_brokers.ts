import { configOptions } from "../../tasks/config.ts";
import { readComposeFile } from "lib/brokers/compose/compose_file.ts";
import type { EngineOptions } from "lib/brokers/engine.ts";
import {
  type LocalEngine,
  localEngine,
} from "lib/brokers/local/local_engine.ts";
import { until } from "../_patience.ts";
import { listProcesses } from "../../tasks/process_list.ts";
import { onFreePorts } from "../../tasks/other_ports.ts";
import { reservePorts } from "./_reserved_ports.ts";

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
const CONFIG = await configOptions();

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
  let release = () => {};
  const { text, port } = onFreePorts(
    Deno.readTextFileSync(DEFAULT.path),
    (count) => {
      const reserved = reservePorts(count);
      release = reserved.release;
      return reserved.ports;
    },
  );
  Deno.writeTextFileSync(composeFile, quickToComeBack(text));
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
    await untilNobodyRepairs(stateFolder);
    await localEngine(options).down();
    Deno.removeSync(folder, { recursive: true });
    release();
  }
}

/** A cluster's guard that was killed leaves a process that starts its nodes: it must not come after the end. */
export async function untilNobodyRepairs(stateFolder: string): Promise<void> {
  await until(
    async () =>
      (await listProcesses()).every(({ command }) =>
        !command.includes("cluster_repair.ts") || !command.includes(stateFolder)
      ),
    { what: "the end of all repairs", deadlineMs: 30_000, intervalMs: 100 },
  ).catch(() => {}); // that of a test which failed in the middle waits for its owner's end
}

/** A killed broker may come back when its session is over: so that tests wait less for that. */
function quickToComeBack(text: string): string {
  return text.replace(/(SESSION_TIMEOUT_MS:) \d+/g, "$1 1500")
    .replace(/(HEARTBEAT_INTERVAL_MS:) \d+/g, "$1 250");
}

/** Another `deno task kafka`, on a test's brokers. */
export function otherCommand(
  { options }: Pick<OwnBrokers, "options">,
  args: string[],
  env: Record<string, string> = {},
): Deno.ChildProcess {
  const script =
    new URL("../../tasks/own_command.ts", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", ...CONFIG, script],
      ...[JSON.stringify(options), "kafka", ...args],
    ],
    env: { KAFKA_ENGINE: "local", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
