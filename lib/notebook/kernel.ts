import { interrupt } from "../client/interrupt.ts";

/** What this project uses of `Deno.jupyter`. */
interface JupyterApi {
  broadcast(
    messageType: string,
    content: Record<string, unknown>,
    extra?: { metadata?: Record<string, unknown> },
  ): Promise<void>;
}

/** The MIME type under which an error that no cell awaited is shown. */
export const ERROR_MIME = "application/vnd.kafka-notebooks.error+json";

const MANNERS = Symbol.for("kafka-notebooks.kernel-manners");
const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/**
 * Tells whether the code runs in a Deno notebook kernel.
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
  pace();
}

/**
 * Waits until what the cell has printed so far has left the kernel. The kernel
 * hands output to another thread, and says that a cell is done without waiting
 * for it.
 *
 * @example Usage
 * ```ts
 * console.log("the last line of a busy cell");
 * await settle();
 * ```
 */
export async function settle(): Promise<void> {
  if (!inKernel()) return;
  await new Promise((resolve) => setTimeout(resolve, 50));
}

/**
 * Gives the kernel its manners, once: console lines stay under their cell, the
 * Stop button ends a wait of `lib/` instead of the kernel, and an error that
 * nothing awaited is shown. Outside a kernel it does nothing.
 *
 * @example Usage
 * ```ts
 * activateKernelManners();
 * ```
 */
export function activateKernelManners(): void {
  const global = globalThis as Record<symbol, unknown>;
  if (!inKernel() || global[MANNERS]) return;
  global[MANNERS] = true;
  paceConsole();
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

/** Blocks this thread for a millisecond, in which the kernel's other thread sends the output. */
function pace(): void {
  Atomics.wait(sleepCell, 0, 0, 1);
}

function paceConsole(): void {
  const methods = [
    "log",
    "info",
    "debug",
    "warn",
    "error",
    "table",
    "dir",
    "group",
    "timeEnd",
    "trace",
  ] as const;
  for (const method of methods) {
    const print = console[method] as (...values: unknown[]) => void;
    const paced = (...values: unknown[]) => {
      print.apply(console, values);
      pace();
    };
    Object.defineProperty(paced, "name", { value: method });
    console[method] = paced;
  }
}

function listenForStop(): void {
  Deno.addSignalListener("SIGINT", () => interrupt("Stop was pressed"));
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
        `<pre style="border-left: 4px solid #d1453b; padding-left: 0.75em">${
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
