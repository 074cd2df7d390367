import { linesOf } from "lib/brokers/lines_of.ts";
import { TaskError } from "../../command.ts";
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

/** How {@linkcode startUserCommand} runs a command. */
export interface UserCommandOptions {
  env?: Record<string, string>;
  /** Interrupts the command. */
  signal: AbortSignal;
}

/** Starts `deno task …` in the project's folder, without the user's `KAFKA_*` variables. */
export function startUserCommand(
  args: string[],
  { env = {}, signal }: UserCommandOptions,
): UserCommand {
  signal.throwIfAborted();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd: PROJECT,
    clearEnv: true,
    env: { ...environmentOfUser(), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const interrupt = () => {
    try {
      child.kill("SIGINT");
    } catch {
      // It has ended already.
    }
  };
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

function environmentOfUser(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject())
      .filter(([name]) => !name.startsWith("KAFKA_")),
  );
}
