import { ownCommand } from "../../client/own_command.ts";
import type { ComposeService } from "../compose/compose_file.ts";
import { publishedAddress } from "../compose/compose_services.ts";
import { parseAddress } from "../../client/address.ts";
import { deleteFolder } from "../delete_folder.ts";
import { isThere } from "../is_there.ts";
import { until } from "../../client/until.ts";
import { readIfThere, removeIfThere } from "../jars/stamp.ts";
import { postgresAnswers } from "../postgres_probe.ts";
import { makingData, postgresMark } from "../process_mark.ts";
import type { PostgresBinaries } from "./postgres_binaries.ts";
import type { PostgresUser } from "./postgres_user.ts";
import type { ServiceProgram } from "./service_program.ts";

/** Where data is made, before it is the service's. */
const HALF_MADE = "data.new";

/**
 * PostgreSQL as a service of this host: its data folder is made at the first
 * start, with the user, the password and the database that the service's
 * variables name, as the image `postgres` takes them.
 *
 * @param service The service.
 * @param folder The service's folder on this host.
 * @param binaries PostgreSQL's programs.
 * @param user As whom they run.
 * @returns What to start.
 * @throws {EngineError} If the service publishes no port.
 */
export function postgresProgram(
  service: ComposeService,
  folder: string,
  { bin, major }: PostgresBinaries,
  { before, uid }: PostgresUser,
): ServiceProgram {
  const address = publishedAddress(service);
  const data = `${folder}/data`;
  const environment = {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    LC_ALL: "C",
  };
  const run = async (words: string[], input = "") => {
    const child = new Deno.Command((before[0] ?? words[0])!, {
      args: [...before, ...words].slice(1),
      clearEnv: true,
      env: environment,
      cwd: folder,
      ...(uid === undefined ? {} : { uid, gid: uid }),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).catch(() => {});
    await writer.close().catch(() => {});
    const { success, stderr } = await child.output();
    const said = new TextDecoder().decode(stderr);
    if (success && !/\bERROR:/.test(said)) return;
    throw new Error(complaintIn(said));
  };
  return {
    ...{ service, folder, address, environment, role: "postgres" },
    ...(uid === undefined ? {} : { uid }),
    command: [
      ...[...before, `${bin}/postgres`, postgresMark(folder), "-D", data],
      ...["-p", String(parseAddress(address)?.port)],
      ...["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
      // Those of the image's command.
      ...service.command.slice(1),
    ],
    async prepare() {
      await removeHalfMade(`${folder}/${HALF_MADE}`);
      if (isThere(data)) {
        requireWhole(data, major, service.name);
        await forgetKilled(data);
        return undefined;
      }
      const made = `${folder}/${HALF_MADE}`;
      await makeData(made, service.environment, {
        makingData: makingData(folder),
        bin,
        run,
      }).catch((error) => {
        deleteFolder(made);
        throw error;
      });
      // Now it is whole: a launcher that was killed before has left nothing that looks like data.
      Deno.renameSync(made, data);
      return "data folder made";
    },
    answers: () => postgresAnswers(address),
  };
}

async function makeData(
  folder: string,
  { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB }: Record<string, string>,
  { makingData, bin, run }: {
    makingData: string;
    bin: string;
    run: (words: string[], input?: string) => Promise<void>;
  },
) {
  const user = POSTGRES_USER ?? "postgres";
  const passwordFile = `${folder}.password`;
  Deno.writeTextFileSync(passwordFile, POSTGRES_PASSWORD ?? user);
  try {
    await run([
      ...[`${bin}/initdb`, makingData, `--username=${user}`],
      ...[`--pwfile=${passwordFile}`, "--auth-host=scram-sha-256"],
      ...["--auth-local=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
    ]);
    const database = POSTGRES_DB ?? user;
    if (database === "postgres") return;
    await run(
      [`${bin}/postgres`, "--single", "-D", folder, "template1"],
      `CREATE DATABASE "${database}"\n`,
    );
  } finally {
    Deno.removeSync(passwordFile);
  }
}

/** Deletes what a killed launcher left: what initdb had started may write into it for a moment more. */
async function removeHalfMade(data: string) {
  if (!isThere(data)) return;
  await until(() => {
    if (workersIn(data) > 0) return false;
    deleteFolder(data);
    return true;
  }, {
    what: `the end of what made ${data}, to delete it`,
    deadlineMs: WORKERS_MS,
  });
}

/** Refuses a data folder of another version, and one that lacks what every whole one has. */
function requireWhole(data: string, major: string, name: string) {
  const reset = `delete the data with '${ownCommand(`kafka reset ${name}`)}'`;
  const version = readIfThere(`${data}/PG_VERSION`)?.trim();
  if (version === undefined || !isThere(`${data}/global/pg_control`)) {
    throw new Error(
      `the data folder ${data} is half made: it has no ${
        version === undefined ? "PG_VERSION" : "global/pg_control"
      }; ${reset}`,
    );
  }
  if (version !== major) {
    throw new Error(
      `the data folder ${data} was made by PostgreSQL ${version}, and this is ${major}, which cannot read it; ${reset}`,
    );
  }
}

/**
 * A server that was killed leaves a note of its process, which is believed by the next one as long as nobody has
 * asked how that process ended; and processes for its connections, which take a moment to see that it is gone.
 */
async function forgetKilled(data: string) {
  await until(() => workersIn(data) === 0, {
    what: `the end of the processes of a killed server in ${data}`,
    deadlineMs: WORKERS_MS,
  });
  await removeIfThere(`${data}/postmaster.pid`);
}

const WORKERS_MS = 10_000;

function workersIn(data: string): number {
  if (Deno.build.os !== "linux") return 0;
  return [...Deno.readDirSync("/proc")].filter(({ name }) => {
    try {
      return /^\d+$/.test(name) &&
        Deno.readLinkSync(`/proc/${name}/cwd`) === data;
    } catch {
      return false; // It is gone, or another user's.
    }
  }).length;
}

/** What a program of PostgreSQL complains of: its last error without the time and the process. */
function complaintIn(said: string): string {
  const lines = said.trim().split("\n");
  const line = lines.findLast((line) => /FATAL|PANIC|ERROR|error/.test(line)) ??
    lines.at(-1) ?? "";
  return line.replace(/^.*?(?:FATAL|PANIC|ERROR|error):\s+/, "") ||
    "it ended without a word";
}
