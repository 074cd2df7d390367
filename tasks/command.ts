import { ownCommand } from "lib/client/own_command.ts";
/** A command was called wrongly: one sentence, exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A command cannot do what was asked: one sentence that says why and what to do. */
export class TaskError extends Error {
  override name = "TaskError";
}

/** The oldest Deno on which all of this was tried. */
const LEAST_DENO = [2, 9] as const;

/** Errors of lib that are written for a person, too. */
const WRITTEN_FOR_PEOPLE = new Set([
  "TaskError",
  "DeadlineError",
  "EngineError",
  "EngineUnavailableError",
  "NoBrokerError",
  "ConnectionError",
]);

/**
 * For `parseArgs`: what no option describes ends the command.
 *
 * @param command The command's name after `deno task`.
 * @param options Whether arguments without a dash are welcome: not unless said so.
 */
export function refuseUnknown(
  command: string,
  { takesArguments = false }: { takesArguments?: boolean } = {},
): (arg: string) => true {
  return (arg) => {
    const isOption = arg.startsWith("-");
    if (!isOption && takesArguments) return true;
    throw new UsageError(
      `Cannot run '${command}' with '${arg}' as it has no such ${
        isOption ? "option" : "argument"
      }: see '${ownCommand(`${command} --help`)}'.`,
    );
  };
}

/** Runs a command to its exit code. Errors for people are one line; anything else is a fault of ours and shows its stack. */
export async function runCommand(
  main: (args: string[]) => Promise<number>,
): Promise<never> {
  try {
    refuseOldDeno(Deno.version.deno);
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (error instanceof UsageError) exitWith(2, error.message);
    if (error instanceof Error && WRITTEN_FOR_PEOPLE.has(error.name)) {
      exitWith(1, error.message);
    }
    throw error;
  }
}

/** Says in one sentence what an older Deno would say in many. */
export function refuseOldDeno(version: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNewEnough = major > LEAST_DENO[0] ||
    (major === LEAST_DENO[0] && minor >= LEAST_DENO[1]);
  if (isNewEnough) return;
  throw new TaskError(
    `Cannot run this with Deno ${version} as it needs ${
      LEAST_DENO.join(".")
    } or newer: run 'deno upgrade', or write 'npx -y deno' in place of 'deno'.`,
  );
}

function exitWith(code: number, message: string): never {
  console.error(message);
  Deno.exit(code);
}
