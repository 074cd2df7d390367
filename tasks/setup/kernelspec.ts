import { isThere } from "lib/cluster/is_there.ts";
import { dirname } from "node:path";
import { TaskError } from "../command.ts";
import { VENV, venvProgram } from "./paths.ts";
import { readIfThere } from "./stamp.ts";

const VENV_SPEC = `${VENV}/share/jupyter/kernels/deno/kernel.json`;

/** Whether JupyterLab of `.venv` knows the Deno kernel of `.venv`. */
export function kernelspecIsThere(): boolean {
  return readIfThere(VENV_SPEC) === specText();
}

/** Tells JupyterLab of `.venv` of the Deno kernel of `.venv`. */
export function writeKernelspec(): void {
  write(VENV_SPEC);
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
  if (before === specText()) return { folder, state: "unchanged" };
  // One of ours whose project is gone is no use to anybody.
  if (before !== undefined && isThere(programOf(before))) {
    return { folder, state: "kept" };
  }
  write(path);
  return { folder, state: "written" };
}

function specText(): string {
  const spec = {
    argv: [
      venvProgram("deno"),
      "jupyter",
      "--kernel",
      "--conn",
      "{connection_file}",
    ],
    display_name: "Deno",
    language: "typescript",
  };
  return JSON.stringify(spec, undefined, 2) + "\n";
}

function write(path: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeTextFileSync(path, specText());
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
