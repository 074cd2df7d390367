import { dirname } from "node:path";
import { TextLineStream } from "./text_line_stream.ts";
import { PROJECT } from "./paths.ts";

/** How {@linkcode runProgram} runs a program. */
export interface ProgramOptions {
  /** The file that gets all it prints; begun anew. */
  logFile: string;
  env?: Record<string, string>;
  /** Told of each line it prints. */
  onLine?: (line: string) => void;
}

/** How a program ended. */
export interface ProgramEnd {
  code: number;
  /** Its last lines, for an error message. */
  lastLines: string[];
}

const LINES_KEPT = 40;

/** Runs a program in the project's folder to its end. A signal to this process ends it, too. */
export async function runProgram(
  program: string,
  args: string[],
  { logFile, env, onLine }: ProgramOptions,
): Promise<ProgramEnd> {
  Deno.mkdirSync(dirname(logFile), { recursive: true });
  using log = Deno.openSync(logFile, {
    write: true,
    create: true,
    truncate: true,
  });
  const child = new Deno.Command(program, {
    args,
    env,
    cwd: PROJECT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  using _signals = endOnSignal(child);
  const lastLines: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (
      const line of stream.pipeThrough(new TextDecoderStream())
        .pipeThrough(new TextLineStream())
    ) {
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
  return { code, lastLines };
}

/** While in force, a signal that ends this process ends the child before. */
function endOnSignal(child: Deno.ChildProcess): Disposable {
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  const end = async () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await child.status;
    Deno.exit(130);
  };
  for (const signal of signals) Deno.addSignalListener(signal, end);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, end);
    },
  };
}
