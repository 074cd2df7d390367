import { configOptions } from "../../config.ts";
import { TaskError } from "../../command.ts";
import { PROJECT } from "../../setup/paths.ts";

const FOLDER = `${PROJECT}/tasks/maintainers/bench`;

/** How {@linkcode runMeasuringProcess} runs a program. */
export interface MeasuringProcessOptions {
  /** What the error calls it. */
  called: string;
  /** Ends it. */
  signal: AbortSignal;
  /** The folder whose `deno.json` holds for it; the project's by default. */
  configFolder?: string;
  /** Options of V8's. */
  v8Flags?: string[];
}

/**
 * Runs one of the programs of this folder in a process of its own, whose
 * memory and compiled code are nobody else's.
 *
 * @param script The program's file name. It takes its task, and prints its result in its last line, as JSON.
 * @param task What it is to do.
 * @param options What the error calls it, and what ends it.
 * @returns What it printed.
 * @throws {TaskError} If it fails; the message has the first line it wrote to the standard error.
 */
export async function runMeasuringProcess<Result>(
  script: string,
  task: object,
  { called, signal, configFolder, v8Flags = [] }: MeasuringProcessOptions,
): Promise<Result> {
  signal.throwIfAborted();
  const config = configFolder
    ? ["-c", `${FOLDER}/${configFolder}/deno.json`, "--frozen"]
    : await configOptions({ quiet: true });
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", ...config],
      ...v8Flags.map((flag) => `--v8-flags=${flag}`),
      ...[`${FOLDER}/${script}`, JSON.stringify(task)],
    ],
    cwd: PROJECT,
    signal,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (code === 0) return JSON.parse(text(stdout).split("\n").at(-1)!);
  const [said] = text(stderr).split("\n");
  throw new TaskError(
    `Cannot measure '${called}': its process ended with code ${code} and said ${
      said ? `'${said}'` : "nothing"
    }.`,
  );
}
