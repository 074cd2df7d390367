import { isThere } from "../is_there.ts";
import { identifyProcess, type ProcessIdentity } from "../process_identity.ts";

/** How {@linkcode launchDetached} launches a program. */
export interface LaunchOptions {
  /** The file that gets what it prints. */
  logFile: string;
  /** All of its variables. */
  environment: Record<string, string>;
  /** The folder it works in. */
  folder: string;
  /** The number of the user that it runs as. Default: this process's. */
  uid?: number;
}

/**
 * Starts a program in a session of its own, so that neither the end of this
 * process nor an interrupt of its process group reaches it.
 *
 * @param command The program and its arguments.
 * @param options Its log, its variables, its folder and its user.
 * @returns The process, or undefined if it has ended already.
 */
export async function launchDetached(
  command: string[],
  { logFile, environment, folder, uid }: LaunchOptions,
): Promise<ProcessIdentity | undefined> {
  // The shell tells the number and ends at once, so that the program is nobody's child here.
  // (Deno obeys `detached` in `spawn()` only.)
  const { stdout } = await new Deno.Command("/bin/sh", {
    args: [
      "-c",
      'log=$1; shift; "$@" >"$log" 2>&1 </dev/null & echo $!',
      ...["sh", logFile, ...command],
    ],
    clearEnv: true,
    env: environment,
    cwd: folder,
    ...(uid === undefined ? {} : { uid, gid: uid }),
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn().output();
  return identifyProcess(Number(new TextDecoder().decode(stdout)));
}

/**
 * Makes room for the logs of a new run; those of the run before stay beside them.
 *
 * @param folder The service's folder.
 * @throws {Error} The system's, if they cannot be renamed.
 */
export function keepPreviousLogs(folder: string): void {
  const log = `${folder}/log`;
  Deno.mkdirSync(log, { recursive: true });
  for (const name of ["server.log", "jvm.log"]) {
    const path = `${log}/${name}`;
    if (isThere(path)) {
      Deno.renameSync(path, path.replace(/\.log$/, ".previous.log"));
    }
  }
}
