import { interrupt, interruptSignal } from "../client/interrupt.ts";
import { OutputQueue, type StreamName } from "./output_queue.ts";

/** What this project uses of `Deno.jupyter`. */
interface JupyterApi {
  broadcast(messageType: string, ...rest: unknown[]): Promise<void>;
  display(value: unknown, ...rest: unknown[]): Promise<void>;
}

/** Parts of Deno that it does not document; where a version lacks them, less is done. */
interface DenoInternals {
  /** Makes a console that prints through a function; a level above 1 is an error stream's. */
  Console?: new (print: (text: string, level: number) => void) => Console;
  jupyter?: {
    /** The kernel calls it after every cell that has not thrown, and awaits it before it says "idle". */
    broadcastResult?: (
      executionCount: number,
      result: unknown,
    ) => Promise<void>;
  };
}

/** The MIME type under which an error that no cell awaited is shown. */
const ERROR_MIME = "application/vnd.kafka-notebooks.error+json";

const SET_UP = Symbol.for("kafka-notebooks.kernel-setup");
const queue = new OutputQueue(sendText);
const jobs = new Set<() => void>();
let sendNow: JupyterApi["broadcast"] = async () => {};

/**
 * Whether the code runs in a Deno notebook kernel.
 *
 * @returns `true` inside `deno jupyter`, `false` in every other program.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(inKernel(), false); // this example runs under `deno test`
 * ```
 */
export function inKernel(): boolean {
  return jupyter() !== undefined;
}

/**
 * Sends one message to the notebook's page, under the cell that runs now.
 * Outside a kernel it does nothing.
 *
 * @param messageType A message of Jupyter's IOPub channel, such as `display_data`.
 * @param content The message's content.
 *
 * @example Usage
 * ```ts
 * sendToPage("display_data", { data: { "text/plain": "12 records" }, metadata: {}, transient: {} });
 * ```
 */
export function sendToPage(
  messageType: string,
  content: Record<string, unknown>,
): void {
  const kernel = jupyter();
  if (kernel === undefined) return;
  kernel.broadcast(messageType, content);
}

/**
 * Waits until what the cell has printed so far has left the kernel. A cell's
 * end does this by itself once {@linkcode setUpKernel} was called.
 *
 * @example Usage
 * ```ts
 * console.log("the last line of a busy cell");
 * await settle();
 * ```
 */
export async function settle(): Promise<void> {
  if (inKernel()) await queue.drained();
}

/**
 * Has something done once, when the cell that runs now has ended, before the
 * kernel says so. Outside a kernel it is never done.
 *
 * @param job What to do.
 * @returns Takes the job back.
 *
 * @example Usage
 * ```ts
 * const takeBack = jobAtCellEnd(() => console.log("the cell has ended"));
 * takeBack();
 * ```
 */
export function jobAtCellEnd(job: () => void): () => void {
  jobs.add(job);
  return () => jobs.delete(job);
}

/**
 * Sets the kernel up, once: console lines stay under their cell, the
 * Stop button ends a wait of `lib/` instead of the kernel, and an error that
 * nothing awaited is shown. Outside a kernel it does nothing.
 *
 * @example Usage
 * ```ts
 * setUpKernel();
 * ```
 */
export function setUpKernel(): void {
  const global = globalThis as Record<symbol, unknown>;
  const kernel = jupyter();
  if (kernel === undefined || global[SET_UP]) return;
  global[SET_UP] = true;
  queueDisplays(kernel);
  queueConsole();
  settleAtCellEnd();
  listenForStop();
  showUnhandledErrors();
}

function jupyter(): JupyterApi | undefined {
  try {
    // Deno refuses even to read this outside of `deno jupyter`.
    return (Deno as unknown as { jupyter: JupyterApi }).jupyter;
  } catch {
    return undefined;
  }
}

function sendText(name: StreamName, text: string): void {
  sendNow("stream", { name, text });
}

/** Lines go through the queue instead of one by one. The kernel's own console is made likewise. */
function queueConsole(): void {
  const { Console, jupyter } = denoInternals();
  if (!Console || !jupyter?.broadcastResult) return pauseAfterEveryLine();
  const queued = new Console((text, level) =>
    queue.write(level > 1 ? "stderr" : "stdout", text)
  );
  // The object stays, for those who hold it, and so do its methods that Deno adds from elsewhere.
  Object.assign(console, queued);
}

/** For a Deno without the above: slower, and as good. The kernel sends a line within a millisecond. */
function pauseAfterEveryLine(): void {
  const sleepCell = new Int32Array(new SharedArrayBuffer(4));
  for (
    const method of [
      "log",
      "info",
      "debug",
      "warn",
      "error",
      "table",
      "dir",
      "group",
    ] as const
  ) {
    const print = console[method] as (...values: unknown[]) => void;
    console[method] = (...values: unknown[]) => {
      print.apply(console, values);
      Atomics.wait(sleepCell, 0, 0, 1);
    };
  }
}

/** What a cell or a library shows must come after the text before it. */
function queueDisplays(kernel: JupyterApi): void {
  const { broadcast, display } = kernel;
  sendNow = broadcast;
  kernel.broadcast = (...message) => {
    queue.flush();
    const sent = broadcast(...message);
    queue.countMessage();
    return sent;
  };
  kernel.display = async (...message) => {
    queue.flush();
    await display(...message);
    queue.countMessage();
  };
}

/**
 * The kernel says "idle" without waiting for output that its other thread has
 * not sent yet; a page then shows it under the next cell, and a headless run
 * loses it. But it awaits the display of the cell's result, so that can wait.
 */
function settleAtCellEnd(): void {
  const { jupyter } = denoInternals();
  const broadcastResult = jupyter?.broadcastResult;
  if (jupyter === undefined || broadcastResult === undefined) return;
  jupyter.broadcastResult = async (executionCount, result) => {
    for (const job of jobs) {
      jobs.delete(job);
      try {
        job();
      } catch (error) {
        showError(error); // the other jobs and the cell's result come all the same
      }
    }
    queue.flush();
    if (hasMetadata(result)) {
      // The kernel's own way sends no metadata, and with it goes a picture's size.
      await sendNow("execute_result", {
        execution_count: executionCount,
        data: result.bundle,
        metadata: result.metadata,
      });
    } else {
      await broadcastResult(executionCount, result);
    }
    queue.countMessage();
    await queue.drained();
  };
}

function hasMetadata(
  result: unknown,
): result is { bundle: object; metadata: object } {
  return typeof result === "object" && result !== null &&
    "bundle" in result && "metadata" in result &&
    Object.keys(result.metadata as object).length > 0;
}

function denoInternals(): DenoInternals {
  const deno = Deno as unknown as
    & { internal?: symbol }
    & Record<symbol, DenoInternals | undefined>;
  return (deno.internal && deno[deno.internal]) ?? {};
}

function listenForStop(): void {
  Deno.addSignalListener("SIGINT", () => {
    const signal = interruptSignal();
    interrupt("Stop was pressed");
    // The stack, from the signal to the wait, is of no use to a reader.
    signal.reason.stack = String(signal.reason);
  });
}

function showUnhandledErrors(): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    showError(event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    showError(event.error ?? event.message);
  });
}

function showError(error: unknown): void {
  const name = error instanceof Error ? error.name : "Error";
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error && error.stack
    ? error.stack
    : `${name}: ${message}`;
  const text = `An error happened that no cell awaited:\n${stack}`;
  sendToPage("display_data", {
    data: {
      "text/plain": text,
      "text/html":
        `<pre style="border-left: 4px solid #d1453b; margin: 0; padding: 0 0 0 0.75em">${
          escape(text)
        }</pre>`,
      [ERROR_MIME]: { name, message },
    },
    metadata: {},
    transient: {},
  });
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
