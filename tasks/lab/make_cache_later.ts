import { configOptions } from "../config.ts";
import { aotCacheIsThere } from "../setup/aot_cache.ts";
import { PROJECT } from "../setup/paths.ts";

/** The first cells of a reader come first. */
const PAUSE_MS = 20_000;

/**
 * Makes the AOT cache, if it is missing, in a process of its own with the lowest priority, some seconds
 * from now. Disposing of it ends that process and its broker; the next start then tries again.
 */
export function makeCacheLater(): AsyncDisposable {
  const stop = new AbortController();
  // Kafka runs without it: a failure must not end JupyterLab.
  const making = aotCacheIsThere()
    ? Promise.resolve()
    : make(stop.signal).catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await making;
    },
  };
}

async function make(signal: AbortSignal): Promise<void> {
  const isOver = Promise.withResolvers<void>();
  const timer = setTimeout(isOver.resolve, PAUSE_MS);
  signal.addEventListener("abort", () => isOver.resolve());
  await isOver.promise;
  clearTimeout(timer);
  if (signal.aborted) return;
  const deno = [Deno.execPath(), "run", "-q", "-A", ...await configOptions()];
  const [program, ...args] = Deno.build.os === "windows"
    ? deno
    : ["nice", "-n", "19", ...deno];
  const child = new Deno.Command(program!, {
    args: [...args, "tasks/setup/make_cache_alone.ts"],
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
