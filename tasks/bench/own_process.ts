import { configOptions } from "../config.ts";
import { TaskError } from "../command.ts";
import { PROJECT } from "../setup/paths.ts";

/**
 * Runs one of the programs of this folder in a process of its own, whose
 * memory and compiled code are nobody else's.
 *
 * @param script The program's file name. It takes its task, and prints its result, as JSON.
 * @param task What it is told.
 * @param options What the error calls it, and what ends it.
 * @returns What it printed.
 * @throws {TaskError} If it fails; the message is the first line it wrote.
 */
export async function runOwnProcess<Result>(
  script: string,
  task: object,
  { called, signal }: { called: string; signal: AbortSignal },
): Promise<Result> {
  signal.throwIfAborted();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", ...await configOptions({ quiet: true })],
      ...[`${PROJECT}/tasks/bench/${script}`, JSON.stringify(task)],
    ],
    cwd: PROJECT,
    signal,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (code === 0) return JSON.parse(text(stdout));
  throw new TaskError(
    `Cannot measure '${called}': its process ended with code ${code} and said: ${
      text(stderr).split("\n")[0]
    }`,
  );
}
