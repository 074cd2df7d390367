import { assert } from "@std/assert";
import { VENV, venvProgram } from "../../tasks/setup/paths.ts";
import { writeKernelspec } from "../../tasks/setup/kernelspec.ts";

/** What became of a cell. */
export interface CellRun {
  /** `ok`, `error`, `aborted`, or `none` without a reply. */
  status: string;
  /** The error's name and message, in the reply. */
  name: string;
  message: string;
  /** What the page shows under it: the kind of output, and its text. */
  outputs: [string, string][];
}

/** What became of a Run All. */
export interface RunAll {
  cells: CellRun[];
  /** How many outputs came after their cell had ended. */
  late: number;
  /** Whether the kernel still runs. */
  isAlive: boolean;
  /** What became of `6 * 7` afterwards. */
  again?: CellRun;
}

/**
 * Sends cells to the kernel that JupyterLab starts here, all at once, as a page
 * does.
 *
 * @param cells The cells' code.
 * @param options The text at which Stop is pressed, or one at which a process is killed.
 * @returns What became of each.
 */
export async function runAll(
  cells: string[],
  options: {
    stopAt?: string;
    kill?: { at: string; whom: "kernel" | "deno" };
  } = {},
): Promise<RunAll> {
  writeKernelspec();
  const child = new Deno.Command(venvProgram("python"), {
    args: [new URL("_run_all.py", import.meta.url).pathname],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const order = { kernelspecs: `${VENV}/share/jupyter/kernels`, cells };
  const input = child.stdin.getWriter();
  await input.write(
    new TextEncoder().encode(JSON.stringify({ ...order, ...options })),
  );
  await input.close();
  const { success, stdout, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** What a cell has printed, one stream after the other. */
export function printed({ outputs }: CellRun): string {
  return outputs.filter(([kind]) => kind === "stream")
    .map(([, text]) => text).join("");
}
