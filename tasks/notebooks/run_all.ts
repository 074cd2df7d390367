import { servicesForOneself } from "../shared_services.ts";
import { needsCluster, needsServices } from "./cluster.ts";
import { notebookName } from "./document.ts";
import { type NotebookRun, runNotebook, type RunOptions } from "./run.ts";
import { saveOutputs } from "./save.ts";

/** How notebooks are run side by side. */
export interface RunAllOptions
  extends Pick<RunOptions, "solutions" | "restart" | "cellTimeoutMs" | "venv"> {
  /** How many notebooks run at a time; as many as there are cores. */
  jobs?: number;
  /** How often each notebook is run, each time in a fresh kernel. */
  repeat?: number;
  /** Saves the outputs of each notebook whose items all passed. */
  write?: boolean;
  watcher?: Watcher;
  signal?: AbortSignal;
  /** Waits until nobody else has PostgreSQL and Connect. Default: {@linkcode servicesForOneself}. */
  services?: (signal?: AbortSignal) => Promise<Disposable>;
}

/** Is told how far the notebooks are; see progress.ts for one that prints. */
export interface Watcher {
  onStart?(title: string): void;
  onCell?(title: string, step: number, stepCount: number): void;
  onEnd?(title: string, run: NotebookRun): void;
}

/**
 * Runs notebooks side by side on one broker, and one notebook's repetitions
 * one after another. Those that make faults on the cluster would meet each
 * other's, so of them one runs at a time, beside the others; and so do those
 * on PostgreSQL and Connect, which one has at a time, whoever runs it.
 *
 * @param paths The notebooks.
 * @returns One run a notebook and repetition, in the order of the paths.
 */
export async function runNotebooks(
  paths: string[],
  options: RunAllOptions = {},
): Promise<NotebookRun[]> {
  const repeat = options.repeat ?? 1;
  const jobs = options.jobs ?? navigator.hardwareConcurrency;
  const runs: NotebookRun[][] = paths.map(() => []);
  const waiting = await Promise.all(paths.map(async (path, index) => ({
    ...{ index, path },
    // A file that is no notebook fails when it is run.
    onCluster: await needsCluster(path).catch(() => false),
    onServices: await needsServices(path).catch(() => false),
  })));
  let clusterIsFree = true;
  let servicesAreFree = true;

  /** Those on the cluster come first, as they are the longest row; then those on services. */
  const next = () => {
    const free = waiting.filter(({ onCluster, onServices }) =>
      (clusterIsFree || !onCluster) && (servicesAreFree || !onServices)
    );
    const one = free.find(({ onCluster }) => onCluster) ??
      free.find(({ onServices }) => onServices) ?? free[0];
    return one && waiting.splice(waiting.indexOf(one), 1)[0];
  };

  async function work(): Promise<void> {
    for (let one = next(); one; one = next()) {
      const { index, path, onCluster, onServices } = one;
      if (onCluster) clusterIsFree = false;
      if (onServices) servicesAreFree = false;
      using _services = onServices
        ? await (options.services ?? servicesForOneself)(options.signal)
        : undefined;
      for (let time = 1; time <= repeat; time++) {
        const title = notebookName(path) +
          (repeat > 1 ? ` (${time} of ${repeat})` : "");
        runs[index]!.push(await runOne(path, title, options));
      }
      if (onCluster) clusterIsFree = true;
      if (onServices) servicesAreFree = true;
    }
  }
  // Also when one is stopped, the kernels of all have ended after this.
  const endings = await Promise.allSettled(Array.from({ length: jobs }, work));
  for (const ending of endings) {
    if (ending.status === "rejected") {
      throw ending.reason;
    }
  }
  return runs.flat();
}

async function runOne(
  path: string,
  title: string,
  options: RunAllOptions,
): Promise<NotebookRun> {
  const { watcher, signal } = options;
  watcher?.onStart?.(title);
  let run: NotebookRun;
  try {
    run = await runNotebook(path, {
      ...options,
      isToBeSaved: options.write,
      onProgress: (step, stepCount) =>
        watcher?.onCell?.(title, step, stepCount),
    });
    if (options.write && run.items.every(({ failure }) => !failure)) {
      await saveOutputs(path, run.outputs);
    }
  } catch (error) {
    signal?.throwIfAborted();
    const reason = (error as Error).message;
    run = {
      path,
      items: [{
        title: "runs from top to bottom",
        failure: { cell: 0, reason, source: "", outputs: [] },
      }],
      seconds: 0,
      cellCount: 0,
      outputs: new Map(),
    };
  }
  watcher?.onEnd?.(title, run);
  return run;
}
