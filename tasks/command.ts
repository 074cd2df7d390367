/** A command was called wrongly: one sentence, exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** A command cannot do what was asked: one sentence that says why and what to do. */
export class TaskError extends Error {
  override name = "TaskError";
}

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
      }: see 'deno task ${command} --help'.`,
    );
  };
}

/** Runs a command to its exit code. Errors for people are one line; anything else is a fault of ours and shows its stack. */
export async function runCommand(
  main: (args: string[]) => Promise<number>,
): Promise<never> {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (error instanceof UsageError) exitWith(2, error.message);
    if (error instanceof Error && WRITTEN_FOR_PEOPLE.has(error.name)) {
      exitWith(1, error.message);
    }
    throw error;
  }
}

function exitWith(code: number, message: string): never {
  console.error(message);
  Deno.exit(code);
}
