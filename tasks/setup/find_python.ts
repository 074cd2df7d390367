import { TaskError } from "../command.ts";

/** A Python that can make the project's environment. */
export interface Python {
  program: string;
  args: string[];
  version: string;
}

const LEAST_MINOR = 10;

const CANDIDATES: [program: string, ...args: string[]][] = [
  ["python3"],
  ["python"],
  ["py", "-3"],
  ["python3.14"],
  ["python3.13"],
  ["python3.12"],
  ["python3.11"],
  ["python3.10"],
];

const LOOK = `
import sys
try:
    import venv, ensurepip
    has_venv = 1
except ImportError:
    has_venv = 0
print("found", sys.version_info[0], sys.version_info[1], has_venv)
`;

/**
 * The first Python of at least 3.10 that can make virtual environments.
 *
 * @throws {TaskError} If there is none: what was found instead, and what to do.
 */
export async function findPython(): Promise<Python> {
  const unfit: string[] = [];
  let lacksVenv: string | undefined;
  for (const [program, ...args] of CANDIDATES) {
    const found = await look(program, args);
    if (!found) continue;
    const { major, minor, hasVenv } = found;
    const version = `${major}.${minor}`;
    if (major !== 3 || minor < LEAST_MINOR) {
      unfit.push(`'${program}' is Python ${version}`);
    } else if (!hasVenv) {
      lacksVenv ??= `Python ${version} ('${program}')`;
    } else return { program, args, version };
  }
  if (lacksVenv) {
    throw new TaskError(
      `Cannot make the Python environment .venv as ${lacksVenv} comes without the modules venv and ensurepip: install them (Debian and Ubuntu: apt install python3-venv), then run this again.`,
    );
  }
  const seen = unfit.length ? `${unfit.join(", ")}` : "none was found";
  throw new TaskError(
    `Cannot set up without Python 3.${LEAST_MINOR} or newer, and ${seen}: install one from your system's packages or python.org, then run this again.`,
  );
}

async function look(
  program: string,
  args: string[],
): Promise<
  { major: number; minor: number; hasVenv: boolean } | undefined
> {
  try {
    const { stdout } = await new Deno.Command(program, {
      args: [...args, "-c", LOOK],
      stdin: "null",
      stderr: "null",
    }).output();
    const found = /^found (\d+) (\d+) ([01])/m.exec(
      new TextDecoder().decode(stdout),
    );
    if (!found) return undefined;
    return {
      major: Number(found[1]),
      minor: Number(found[2]),
      hasVenv: found[3] === "1",
    };
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.PermissionDenied
    ) return undefined;
    throw error;
  }
}
