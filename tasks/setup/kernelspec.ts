import { isThere } from "lib/brokers/is_there.ts";
import { dirname } from "node:path";
import {
  DENO_VARIABLE,
  denoCommand,
  ownCommand,
} from "lib/client/own_command.ts";
import { TaskError } from "../command.ts";
import { PROJECT, VENV, venvProgram } from "./paths.ts";
import { readIfThere } from "lib/brokers/jars/stamp.ts";

const WRAPPER = `${PROJECT}/tasks/kernel/deno_kernel.py`;
const VENV_SPEC = `${VENV}/share/jupyter/kernels/deno/kernel.json`;

/** Whether JupyterLab of `.venv` knows the Deno kernel of `.venv`. */
export function kernelspecIsThere(): boolean {
  return readIfThere(VENV_SPEC) === specText();
}

/** Tells JupyterLab of `.venv` of the Deno kernel of `.venv`. */
export function writeKernelspec(): void {
  write(VENV_SPEC, specText());
}

/** What {@linkcode installUserKernelspec} found or did. */
export interface UserKernelspec {
  folder: string;
  /** `kept`: the user has a Deno kernel of another making, which was left alone. */
  state: "written" | "unchanged" | "kept";
}

/** Tells every Jupyter of this user, VS Code's too, of the Deno kernel of `.venv`. */
export async function installUserKernelspec(): Promise<UserKernelspec> {
  const folder = `${await userDataFolder()}/kernels/deno`;
  const path = `${folder}/kernel.json`;
  const before = readIfThere(path);
  const text = specText({ [DENO_VARIABLE]: denoCommand() });
  if (before === text) return { folder, state: "unchanged" };
  // One of ours is written anew, and one whose project is gone is no use to anybody.
  const isOurs = before?.includes(`"${VENV}/`);
  if (before !== undefined && !isOurs && isThere(programOf(before))) {
    return { folder, state: "kept" };
  }
  write(path, text);
  return { folder, state: "written" };
}

/**
 * The kernel that Jupyter starts: Deno's inside our wrapper, which makes Stop
 * and Run All work. On Windows, where it does not run, Deno's own.
 *
 * @param env What the kernel's process is to know beside what starts it.
 */
function specText(env?: Record<string, string>): string {
  const deno = venvProgram("deno");
  const isWrapped = Deno.build.os !== "windows";
  const spec = {
    argv: isWrapped
      ? [venvProgram("python"), WRAPPER, "{connection_file}", deno]
      : [deno, "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
    ...(env ? { env } : {}),
    ...(isWrapped ? { interrupt_mode: "message" } : {}),
  };
  return JSON.stringify(spec, undefined, 2) + "\n";
}

function write(path: string, text: string): void {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, text);
  } catch (error) {
    throw new TaskError(
      `Cannot give you a Deno kernel as ${path} cannot be written (${
        (error as Error).message
      }): make that folder yours, or use '${
        ownCommand("lab")
      }', which needs none.`,
      { cause: error },
    );
  }
}

/** The program of another kernelspec; one that is not an absolute path is looked up by name, and counts as there. */
function programOf(text: string): string {
  try {
    const program = String(JSON.parse(text).argv[0]);
    return /[\\/]/.test(program) ? program : Deno.execPath();
  } catch {
    return "";
  }
}

async function userDataFolder(): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(
    venvProgram("python"),
    {
      args: [
        "-c",
        "from jupyter_core.paths import jupyter_data_dir; print(jupyter_data_dir())",
      ],
      stdin: "null",
    },
  ).output();
  if (!success) {
    throw new TaskError(
      `Cannot find the folder of the user's kernels as jupyter_core failed: ${
        new TextDecoder().decode(stderr).trim()
      }`,
    );
  }
  return new TextDecoder().decode(stdout).trim();
}
