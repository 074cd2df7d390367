import { EngineError } from "../engine_error.ts";

/** As whom PostgreSQL's programs run. */
export interface PostgresUser {
  /** What stands before a program and its arguments. */
  before: string[];
  /** The number of the user to run it as; undefined for this process's own. */
  uid?: number;
}

/** In a user namespace of its own, root is somebody else, to whom root's files belong. */
const AS_SOMEBODY = [
  "unshare",
  "--user",
  "--map-user=1000",
  "--map-group=1000",
];

/** The user `nobody`, who owns nothing. */
const NOBODY = 65_534;

/**
 * Finds a user as whom PostgreSQL runs: it refuses root.
 *
 * @param program One of its programs, which that user must be able to run.
 * @param folder The folder of its data, which is given to that user where need be.
 * @returns The user.
 * @throws {EngineError} If this is root, and nobody else can be had.
 */
export async function postgresUser(
  program: string,
  folder: string,
): Promise<PostgresUser> {
  if (Deno.uid() !== 0) return { before: [] };
  if (await succeeds([...AS_SOMEBODY, program, "--version"])) {
    return { before: AS_SOMEBODY };
  }
  giveAway(folder);
  const mayRun = await succeeds([program, "--version"], NOBODY) &&
    await succeeds(["/bin/sh", "-c", 'test -w "$1"', "sh", folder], NOBODY);
  if (mayRun) return { before: [], uid: NOBODY };
  throw new EngineError(
    `Cannot start PostgreSQL as it refuses to run as root, and here it cannot run as another user: the system allows no user namespace (unshare --user), and the user nobody may not enter ${folder}; run this as another user, run it with '--engine compose', or name another server in DATABASE_URL`,
  );
}

async function succeeds(command: string[], uid?: number): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command[0]!, {
      args: command.slice(1),
      ...(uid === undefined ? {} : { uid, gid: uid }),
      ...{ stdin: "null", stdout: "null", stderr: "null" } as const,
      cwd: "/",
    }).output();
    return success;
  } catch {
    return false; // There is no such program, or no way to it.
  }
}

function giveAway(folder: string) {
  Deno.mkdirSync(folder, { recursive: true });
  const give = (path: string) => {
    Deno.chownSync(path, NOBODY, NOBODY);
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      if (isDirectory) give(`${path}/${name}`);
      else Deno.chownSync(`${path}/${name}`, NOBODY, NOBODY);
    }
  };
  give(folder);
}
