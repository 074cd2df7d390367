import {
  type NotebookDocument,
  type Output,
  readNotebook,
  textOf,
} from "./document.ts";
import { exercisesOf } from "./exercises.ts";
import {
  type Failure,
  failureOf,
  stateFailure,
  unawaitedError,
} from "./failure.ts";
import { type Execution, KernelSession } from "./kernel_session.ts";
import { lookDiffers } from "./saved_look.ts";
import { planSteps, type Step } from "./steps.ts";

/** One thing that a run shows: the notebook runs, a check is right. */
export interface Item {
  title: string;
  failure?: Failure;
}

/** What a run of one notebook has shown. */
export interface NotebookRun {
  path: string;
  items: Item[];
  seconds: number;
  /** How many cells were run; a proof's repetitions are not counted. */
  cellCount: number;
  /** The outputs of each cell, by its index, if all of them ran. */
  outputs: Map<number, Output[]>;
}

/** How a notebook is run. */
export interface RunOptions {
  /**
   * False runs what a learner sees: each stub, its check ("not yet"), then
   * once the solution and the check ("solved"). True puts the solutions into
   * the stubs from the start.
   */
  solutions?: boolean;
  /** Runs the first half, restarts the kernel, then runs everything. */
  restart?: boolean;
  /** Whether its outputs are to take the place of the saved ones, which then say nothing. */
  isToBeSaved?: boolean;
  /** How long a cell may take; two minutes unless said otherwise. */
  cellTimeoutMs?: number;
  /** Called before each step with its number. */
  onProgress?: (step: number, stepCount: number) => void;
  /** Ends the run and its kernel. */
  signal?: AbortSignal;
  /** The Python environment with the kernel; the project's unless given. */
  venv?: string;
}

/** How long a cell may take unless said otherwise: a fault lab waits long. */
const CELL_TIMEOUT_MS = 120_000;

/**
 * Runs a notebook from top to bottom in a fresh kernel, in its own folder.
 *
 * The run stops at the first cell that fails. An exercise whose proof fails
 * does not stop it.
 */
export async function runNotebook(
  path: string,
  options: RunOptions = {},
): Promise<NotebookRun> {
  const started = performance.now();
  const document = await readNotebook(path);
  const { complete, problems } = exercisesOf(document.cells);
  const steps = planSteps(document, complete, {
    solutions: options.solutions ?? false,
  });
  const run: NotebookRun = {
    path,
    items: problems.map(({ cell, message }) => ({
      title: "its exercises are complete",
      failure: {
        cell: cell + 1,
        reason: message,
        source: textOf(document.cells[cell]!.source),
        outputs: [],
      },
    })),
    seconds: 0,
    cellCount: steps.filter(({ kept }) => kept).length,
    outputs: new Map(),
  };
  const failure = await runInFreshKernel(steps, run, options);
  const looks = options.isToBeSaved ? undefined : lookFailure(document, run);
  run.items.unshift({
    title: "runs from top to bottom",
    failure: failure ?? looks,
  });
  run.seconds = (performance.now() - started) / 1000;
  return run;
}

function lookFailure(
  { cells }: NotebookDocument,
  run: NotebookRun,
): Failure | undefined {
  for (const [index, outputs] of run.outputs) {
    const cell = cells[index]!;
    const reason = lookDiffers(cell.outputs ?? [], outputs);
    if (reason) {
      return { cell: index + 1, reason, source: textOf(cell.source), outputs };
    }
  }
}

async function runInFreshKernel(
  steps: Step[],
  run: NotebookRun,
  options: RunOptions,
): Promise<Failure | undefined> {
  const { signal } = options;
  signal?.throwIfAborted();
  await using session = await KernelSession.start({
    folder: run.path.replace(/[^/]*$/, "."),
    venv: options.venv,
  });
  // Ending the session ends the running cell, and may be done twice.
  const stop = () => void session.end();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    signal?.throwIfAborted();
    if (options.restart) {
      const failure = await runFirstHalf(session, steps, options);
      if (failure !== undefined) {
        return failure;
      }
      await session.restart();
    }
    return await runSteps(session, steps, run, options);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** Leaves behind what a learner leaves who restarts the kernel half-way. */
async function runFirstHalf(
  session: KernelSession,
  steps: Step[],
  options: RunOptions,
): Promise<Failure | undefined> {
  const cells = steps.filter(({ kept }) => kept);
  for (const step of cells.slice(0, Math.ceil(cells.length / 2))) {
    const failure = failureOf(
      step,
      await execute(session, step, options),
    );
    if (failure !== undefined) {
      return failure;
    }
  }
}

async function runSteps(
  session: KernelSession,
  steps: Step[],
  run: NotebookRun,
  options: RunOptions,
): Promise<Failure | undefined> {
  const earlier = (await session.outputs()).length;
  const executed: Step[] = [];
  const disproved = new Set<string>();
  const beforeProof = new Map<number, Output[]>();

  for (const [index, step] of steps.entries()) {
    const { proves, expected } = step;
    if (proves !== undefined && disproved.has(proves.name)) {
      continue;
    }
    options.onProgress?.(index + 1, steps.length);
    executed.push(step);
    const execution = await execute(session, step, options);
    let failure = failureOf(step, execution);
    const kernelIsGone = execution.status === "timeout" ||
      execution.status === "died";
    if (failure !== undefined && (proves === undefined || kernelIsGone)) {
      return failure;
    }
    if (failure === undefined && expected !== undefined) {
      failure = stateFailure(step, expected, execution.outputs);
    }
    if (failure !== undefined && proves !== undefined) {
      disproved.add(proves.name);
    }
    if (failure !== undefined || expected !== undefined) {
      run.items.push({
        title: `exercise ${(expected?.exercise ?? proves!).name} is ${
          expected?.state === "not yet"
            ? "not yet solved by its stub"
            : "solved by its solution"
        }`,
        failure,
      });
    }
    if (expected?.state === "not yet") {
      const { stub, check } = expected.exercise;
      const outputs = (await session.outputs()).slice(earlier);
      executed.forEach(({ cell, kept }, position) => {
        if (kept && (cell === stub || cell === check)) {
          beforeProof.set(cell, outputs[position]!);
        }
      });
    }
  }

  const outputs = (await session.outputs()).slice(earlier);
  executed.forEach(({ cell, kept }, position) => {
    if (kept) {
      // The proof may have changed what the learner's check displayed.
      run.outputs.set(cell, beforeProof.get(cell) ?? outputs[position]!);
    }
  });
  return executed.map((step, position) =>
    unawaitedError(step, outputs[position]!)
  ).find(Boolean);
}

async function execute(
  session: KernelSession,
  step: Step,
  options: RunOptions,
): Promise<Execution> {
  const execution = await session.execute(step.code, {
    timeoutMs: options.cellTimeoutMs ?? CELL_TIMEOUT_MS,
  });
  options.signal?.throwIfAborted();
  return execution;
}
