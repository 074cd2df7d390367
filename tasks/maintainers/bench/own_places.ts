import { until } from "lib/client/until.ts";
import type { EngineOptions } from "lib/brokers/engine.ts";
import { MARK } from "lib/brokers/process_mark.ts";
import { COMPOSE_FILE } from "lib/brokers/compose/compose_file.ts";
import {
  type LocalEngine,
  localEngine,
} from "lib/brokers/local/local_engine.ts";
import {
  identifyProcess,
  type ProcessIdentity,
  processState,
} from "lib/brokers/process_identity.ts";
import { TaskError } from "../../command.ts";
import { listProcesses, signal } from "../../process_list.ts";
import { onFreePorts } from "../../other_ports.ts";
import { KAFKA_FOLDER } from "../../setup/paths.ts";
import { readIfThere } from "lib/brokers/jars/stamp.ts";

/** The files, folders and ports of a measurement's own. */
export interface OwnPlaces {
  /** For everything that a measurement writes. */
  folder: string;
  /** Brokers as the project's, on free ports. */
  places: EngineOptions & { composeFile: string; stateFolder: string };
  engine: LocalEngine;
}

const PREFIX = "bench-";
const OWNER_FILE = "owner.json";

/**
 * Runs a measurement with brokers of its own, on free ports and with their
 * data on the disk where the user's is, and leaves no process and no file of
 * it behind, however it ends. What an earlier one left that was killed goes, too.
 *
 * @throws {TaskError} If Kafka cannot run as plain processes here.
 */
export async function withOwnPlaces<T>(
  work: (own: OwnPlaces) => Promise<T>,
): Promise<T> {
  const missing = localEngine().missing();
  if (missing) throw new TaskError(missing);
  await clearWhatKilledOnesLeft();
  const folder = ownFolder();
  const composeFile = `${folder}/compose.yaml`;
  const { text } = onFreePorts(Deno.readTextFileSync(COMPOSE_FILE));
  Deno.writeTextFileSync(composeFile, text);
  const places = { composeFile, stateFolder: `${folder}/state` };
  try {
    return await work({ folder, places, engine: localEngine(places) });
  } finally {
    await clear(folder);
  }
}

/** Makes the folder, which bears its name only once it names its owner: another measurement clears one without. */
function ownFolder(): string {
  const making = Deno.makeTempDirSync({
    dir: KAFKA_FOLDER,
    prefix: `making-${PREFIX}`,
  });
  const identity = JSON.stringify(identifyProcess(Deno.pid));
  Deno.writeTextFileSync(`${making}/${OWNER_FILE}`, identity);
  const folder = `${KAFKA_FOLDER}/${PREFIX}${Deno.pid}`;
  Deno.renameSync(making, folder);
  return folder;
}

async function clearWhatKilledOnesLeft(): Promise<void> {
  for (const { name } of [...Deno.readDirSync(KAFKA_FOLDER)]) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = `${KAFKA_FOLDER}/${name}`;
    const owner = readIfThere(`${folder}/${OWNER_FILE}`);
    const identity: ProcessIdentity | undefined = owner && JSON.parse(owner);
    if (!identity || processState(identity) === "gone") await clear(folder);
  }
}

async function clear(folder: string): Promise<void> {
  const places = {
    composeFile: `${folder}/compose.yaml`,
    stateFolder: `${folder}/state`,
  };
  await endCommands(folder);
  await localEngine(places).down();
  await Deno.remove(folder, { recursive: true });
}

/**
 * Ends the commands and the browser that a killed measurement could not end;
 * JupyterLab takes its kernels along. The engine ends brokers.
 */
async function endCommands(folder: string): Promise<void> {
  const commands = async () =>
    (await listProcesses()).filter(({ command }) =>
      command.includes(`${folder}/`) && !command.includes(MARK)
    );
  for (const { pid } of await commands()) signal(pid, "SIGTERM");
  await until(async () => (await commands()).length === 0, {
    what: "the commands of an earlier measurement to end",
    deadlineMs: 20_000,
  });
}
