import { dirname } from "node:path";
import { interruptSignal } from "../../client/interrupt.ts";
import { linesOf } from "../lines_of.ts";

/** How {@linkcode runProgram} runs a program. */
export interface ProgramOptions {
  /** The file that gets all it prints; begun anew. */
  logFile: string;
  /** The folder to run it in. Default: that of this process. */
  cwd?: string;
  /** Variables beside those of this process. */
  env?: Record<string, string>;
  /** Told of each line it prints. */
  onLine?: (line: string) => void;
  /** Whether a signal to this process ends the program and then this process: for commands that do nothing else. */
  exitOnSignal?: boolean;
}

/** How a program ended. */
export interface ProgramEnd {
  code: number;
  /** Its last lines, for an error message. */
  lastLines: string[];
}

const LINES_KEPT = 40;

/**
 * Runs a program to its end. An interrupt, as a notebook's Stop button makes it, ends it, too.
 *
 * @param program Its name or path.
 * @param args Its arguments.
 * @param options Where its output goes, the folder and the variables it has, who is told of its lines, and
 * whether a signal to this process ends both.
 * @returns Its exit code and its last lines.
 * @throws {InterruptedError} If interrupted meanwhile.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const logFile = await Deno.makeTempFile();
 * const { code, lastLines } = await runProgram("echo", ["fetched"], { logFile });
 *
 * assertEquals([code, lastLines], [0, ["fetched"]]);
 * ```
 */
export async function runProgram(
  program: string,
  args: string[],
  { logFile, cwd, env, onLine, exitOnSignal = false }: ProgramOptions,
): Promise<ProgramEnd> {
  const signal = interruptSignal();
  Deno.mkdirSync(dirname(logFile), { recursive: true });
  using log = Deno.openSync(logFile, {
    write: true,
    create: true,
    truncate: true,
  });
  const child = new Deno.Command(program, {
    args,
    ...(env ? { env } : {}),
    ...(cwd === undefined ? {} : { cwd }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const onInterrupt = () => end(child);
  signal.addEventListener("abort", onInterrupt, { once: true });
  using _signals = exitOnSignal ? exitAfter(child) : undefined;
  const lastLines: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const line of linesOf(stream)) {
      log.writeSync(new TextEncoder().encode(`${line}\n`));
      if (lastLines.push(line) > LINES_KEPT) lastLines.shift();
      onLine?.(line);
    }
  };
  const [{ code }] = await Promise.all([
    child.status,
    read(child.stdout),
    read(child.stderr),
  ]);
  signal.removeEventListener("abort", onInterrupt);
  signal.throwIfAborted();
  return { code, lastLines };
}

/** While in force, a signal that ends this process ends the child before. */
function exitAfter(child: Deno.ChildProcess): Disposable {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  const exit = async () => {
    end(child);
    await child.status;
    Deno.exit(130);
  };
  for (const signal of signals) Deno.addSignalListener(signal, exit);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, exit);
    },
  };
}

function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGTERM");
  } catch {
    // It has ended already.
  }
}
