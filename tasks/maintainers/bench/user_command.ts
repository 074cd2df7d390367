import { linesOf } from "lib/brokers/lines_of.ts";
import { TaskError } from "../../command.ts";
import { signal as sendSignal } from "../../process_list.ts";
import { PROJECT } from "../../setup/paths.ts";

/** A command that was started as a user's shell starts it. */
export interface UserCommand {
  /** Its standard output, line by line. */
  lines: AsyncIterable<string>;
  /** Settles when it has ended. */
  ended: Promise<{ code: number; stderr: string }>;
  /** Asks it to end, as Ctrl-C does. */
  interrupt(): void;
}

/** Variables that lead to what an earlier use has left outside the home folder, or to a cluster. */
const OF_A_HOME =
  /^(KAFKA_|XDG_|JUPYTER_|IPYTHONDIR|VIRTUAL_ENV|PYTHON|DENO_DIR|UV_CACHE|PIP_CACHE|npm_config_cache)/;

/** A project that somebody has just cloned. */
export interface Clone {
  folder: string;
  /** The home folder of a person who has never used it. */
  home: string;
}

/** How {@linkcode startUserCommand} runs a command. */
export interface UserCommandOptions {
  env?: Record<string, string>;
  /** Run there by `npx`, as its README says; in this project by this Deno if it is left out. */
  clone?: Clone;
  /** Interrupts the command. */
  signal: AbortSignal;
}

/** Starts `deno task …` in the project's folder, without the user's `KAFKA_*` variables. */
export function startUserCommand(
  args: string[],
  { env = {}, clone, signal }: UserCommandOptions,
): UserCommand {
  signal.throwIfAborted();
  const [program, ...first] = clone ? ["npx", "-y", "deno"] : [Deno.execPath()];
  const child = new Deno.Command(program, {
    args: [...first, "task", "--quiet", ...args],
    cwd: clone?.folder ?? PROJECT,
    clearEnv: true,
    env: {
      ...environmentOfUser(clone ? OF_A_HOME : /^KAFKA_/),
      ...(clone && { HOME: clone.home }),
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // A group of its own, which Ctrl-C reaches as a whole: npx hands on no signal.
    detached: clone !== undefined,
  }).spawn();
  const interrupt = () => sendSignal(clone ? -child.pid : child.pid, "SIGINT");
  signal.addEventListener("abort", interrupt, { once: true });
  const ended = Promise.all([child.status, new Response(child.stderr).text()])
    .then(([{ code }, stderr]) => {
      signal.removeEventListener("abort", interrupt);
      return { code, stderr };
    });
  return { lines: linesOf(child.stdout), ended, interrupt };
}

/**
 * Runs `deno task …` to its end.
 *
 * @throws {TaskError} If it fails; the message is the last line it wrote.
 */
export async function runUserCommand(
  args: string[],
  options: UserCommandOptions,
): Promise<void> {
  const command = startUserCommand(args, options);
  const lines = await Array.fromAsync(command.lines);
  const { code, stderr } = await command.ended;
  options.signal.throwIfAborted();
  if (code !== 0) throw commandFailure(args, stderr || lines.join("\n"));
}

/** The error for a command that ended as it should not; `said` is what it wrote. */
export function commandFailure(args: string[], said: string): TaskError {
  return new TaskError(
    `Cannot measure 'deno task ${args.join(" ")}' as it failed: ${
      said.trim().split("\n").at(-1)
    }`,
  );
}

/**
 * The arguments for `deno task` that run `kafka …` or `lab …` as
 * deno.json does, with other files and folders than the project's.
 */
export function withPlaces(
  places: object,
  args: string[],
): [args: string[], env: Record<string, string>] {
  return [
    [
      "--eval",
      `deno run -A $(deno run -A --no-lock tasks/config.ts) tasks/own_command.ts "$BENCH_PLACES" ${
        args.join(" ")
      }`,
    ],
    { BENCH_PLACES: JSON.stringify(places) },
  ];
}

/** What a person's shell has set, without the variables of these names. */
function environmentOfUser(without: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => !without.test(name)),
  );
}
