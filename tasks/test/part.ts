import { linesOf } from "lib/brokers/lines_of.ts";
import { DENO_VARIABLE } from "lib/client/own_command.ts";
import { PROJECT } from "../setup/paths.ts";

/** What a part of the test run found. */
export interface PartResult {
  passed: number;
  failed: number;
  /** Said beside the counts, such as a coverage. */
  note?: string;
  /** All that the part printed; shown if it failed. */
  output: string;
}

/** One part of the test run. */
export interface Part {
  name: string;
  /** The parts that must have ended: this one reads their files, or wants all cores. */
  after?: string[];
  run: (running: RunningPart) => Promise<PartResult>;
}

/** What a part is given while it runs. */
export interface RunningPart {
  /** Tells how far the part is. */
  report: (detail: string) => void;
  signal: AbortSignal;
}

/** How a command is run by {@linkcode runDeno}. */
export interface DenoCommand extends RunningPart {
  args: string[];
  env?: Record<string, string>;
  onLine?: (line: string) => void;
}

/** Runs the present Deno in the project's folder, and gives its exit code and all it printed. */
export async function runDeno(
  { args, env, signal, onLine }: DenoCommand,
): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: PROJECT,
    // Messages are compared as they are for a person who has Deno.
    env: { ...env, NO_COLOR: "1", [DENO_VARIABLE]: "deno" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).spawn();
  const lines: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const line of linesOf(stream)) {
      lines.push(line);
      onLine?.(line);
    }
  };
  const [{ code }] = await Promise.all([
    child.status,
    read(child.stdout),
    read(child.stderr),
  ]);
  return { code, output: lines.join("\n") };
}

/** A part that passes or fails as a whole, by its command's exit code. */
export function wholePart(name: string, args: string[]): Part {
  return {
    name,
    async run(running) {
      const { code, output } = await runDeno({ ...running, args });
      return code === 0
        ? { passed: 1, failed: 0, output }
        : { passed: 0, failed: 1, output };
    },
  };
}
