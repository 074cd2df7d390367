import { configOptions } from "../config.ts";
import { PROJECT } from "../setup/paths.ts";
import { isSetUp } from "../setup/set_up.ts";

/**
 * Sets up what the first minutes do without, if it is missing, in a process of its own with the lowest
 * priority. Disposing of it ends that process and its broker; the next start then tries again.
 */
export function setUpRestLater(): AsyncDisposable {
  const stop = new AbortController();
  // All works without it: a failure must not end JupyterLab.
  const work = isSetUp()
    ? Promise.resolve()
    : setUpRest(stop.signal).catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await work;
    },
  };
}

async function setUpRest(signal: AbortSignal): Promise<void> {
  const deno = [Deno.execPath(), "run", "-q", "-A", ...await configOptions()];
  const [program, ...args] = Deno.build.os === "windows"
    ? deno
    : ["nice", "-n", "19", ...deno];
  const child = new Deno.Command(program!, {
    args: [...args, "tasks/setup/set_up_rest_alone.ts"],
    cwd: PROJECT,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const end = () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended.
    }
  };
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  await child.status;
}
