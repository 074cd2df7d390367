import { spawnLoop, untilLoopEnds } from "./loop_process.ts";

/** A loop that is running in a process of its own. */
export interface RunningLoop extends AsyncDisposable {
  /**
   * Resolves when the process was killed; rejects with what it printed if it
   * ended by itself. Waiting for it ends at Stop, or after 60 s, and then the
   * process is killed.
   */
  readonly ended: Promise<void>;
  /** Kills it, and waits until it is gone. */
  kill(): Promise<void>;
}

const MOST_ERROR_TEXT = 4_000;

/**
 * Starts a loop's program that prints nothing but its errors, and watches over
 * its process.
 *
 * @param program The program's file name: "payment_loop_program.ts".
 * @param settings What it is given: what JSON can carry, the loop's text among it.
 * @returns The running process. It ends with the one that started it, however that ends.
 */
export function runningLoop(program: string, settings: unknown): RunningLoop {
  const process = spawnLoop(program, settings);
  const input = process.stdin.getWriter();
  // The child may end without reading its input.
  input.closed.catch(() => {});
  const ended = endOf(process).finally(() => input.close().catch(() => {}));
  // Who kills it need not look.
  ended.catch(() => {});
  const kill = async () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await process.status;
  };
  return {
    // Nobody has a use for a loop whose end is not waited for any more.
    get ended() {
      return untilLoopEnds(ended).catch(async (error) => {
        await kill();
        throw error;
      });
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

async function endOf(process: Deno.ChildProcess): Promise<void> {
  const said = new Response(process.stderr).text();
  void process.stdout.cancel();
  const { code, signal } = await process.status;
  if (signal !== null) return;
  throw new Error(
    `The loop's process ended by itself (exit code ${code}); it said: ${
      (await said).slice(-MOST_ERROR_TEXT)
    }`,
  );
}
