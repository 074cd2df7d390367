import { ownCommand } from "lib/client/own_command.ts";
import { until } from "lib/client/until.ts";
import { groupIsRunning } from "../process_list.ts";
import { isThere, type Output, PROJECT_FOLDER } from "./document.ts";

/** How a cell ended and what it has shown. */
export interface Execution {
  /** `ok`, or the kernel's other replies, or `timeout`, or `died`. */
  status: "ok" | "error" | "aborted" | "abort" | "timeout" | "died";
  name?: string;
  message?: string;
  traceback?: string[];
  /** What a kernel that died wrote at last. */
  log?: string;
  outputs: Output[];
  seconds: number;
}

type DriverEvent =
  | { event: "started"; pid: number }
  | ({ event: "executed" } & Execution)
  | { event: "outputs"; cells: Output[][] };

/** Options of {@linkcode KernelSession.start}. */
export interface KernelSessionOptions {
  /** The folder in which the kernel runs. */
  folder: string;
  /** The Python environment with nbclient and the Deno kernel's spec. */
  venv?: string;
}

const DRIVER = `${PROJECT_FOLDER}/tasks/notebooks/kernel_driver.py`;

/**
 * A running Deno kernel. It ends with {@linkcode KernelSession.end}, and also
 * when this process ends in whatever way, as the driver's input closes then.
 */
export class KernelSession implements AsyncDisposable {
  #driver: Deno.ChildProcess;
  #commands: WritableStreamDefaultWriter<Uint8Array>;
  #events: AsyncIterator<DriverEvent>;
  #complaints: Promise<string>;
  #encoder = new TextEncoder();
  /** The kernel's process id, which is also its process group's. */
  pid = 0;

  private constructor(driver: Deno.ChildProcess) {
    this.#driver = driver;
    this.#commands = driver.stdin.getWriter();
    this.#events = readEvents(driver.stdout);
    this.#complaints = new Response(driver.stderr).text();
  }

  /** Starts a kernel and waits until it answers. */
  static async start(options: KernelSessionOptions): Promise<KernelSession> {
    const venv = options.venv ?? `${PROJECT_FOLDER}/.venv`;
    const python = `${venv}/bin/python`;
    const kernelspecs = `${venv}/share/jupyter/kernels`;
    for (const needed of [python, `${kernelspecs}/deno/kernel.json`]) {
      if (!await isThere(needed)) {
        throw new Error(
          `Cannot run notebooks as ${needed} is missing: run "${
            ownCommand("setup")
          }"`,
        );
      }
    }
    const session = new KernelSession(
      new Deno.Command(python, {
        args: [DRIVER],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
    try {
      await session.#start({
        do: "start",
        kernelspecs,
        cwd: options.folder,
      });
    } catch (error) {
      await session.end();
      throw error;
    }
    return session;
  }

  /** Runs one cell, and reads on until its last console line is there. */
  async execute(
    code: string,
    options: { timeoutMs: number },
  ): Promise<Execution> {
    await this.#send({
      do: "execute",
      code,
      timeoutSeconds: Math.ceil(options.timeoutMs / 1000),
    });
    const { event: _event, ...execution } = await this.#next("executed");
    return execution;
  }

  /** What a person's Stop button does: SIGINT to the kernel. */
  async interrupt(): Promise<void> {
    await this.#send({ do: "interrupt" });
  }

  /** What a person's Restart button does: a new kernel without any state. */
  async restart(): Promise<void> {
    await this.#start({ do: "restart" });
  }

  /**
   * The outputs of all cells executed so far, in order. They differ from what
   * `execute` returned where a later cell has updated a display, or where a
   * line was printed in the background.
   */
  async outputs(): Promise<Output[][]> {
    await this.#send({ do: "outputs" });
    return (await this.#next("outputs")).cells;
  }

  /** Ends the kernel and every process of its group, and waits until they are gone. */
  async end(): Promise<void> {
    await this.#commands.close().catch(() => {});
    const deadline = setTimeout(() => {
      this.#driver.kill("SIGKILL");
      killGroup(this.pid);
    }, 10_000);
    await this.#driver.status;
    clearTimeout(deadline);
    await this.#complaints;
    await this.#events.return?.();
    // A signal has been sent to all of them; a busy machine takes its time to obey.
    if (this.pid !== 0) {
      await until(async () => !await groupIsRunning(this.pid), {
        what: `the end of the kernel's processes (group ${this.pid})`,
        intervalMs: 20,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #start(command: Record<string, unknown>): Promise<void> {
    await this.#send(command);
    this.pid = (await this.#next("started")).pid;
  }

  async #send(command: Record<string, unknown>): Promise<void> {
    const line = this.#encoder.encode(JSON.stringify(command) + "\n");
    // A driver that has ended is reported by #next, with its complaints.
    await this.#commands.write(line).catch(() => {});
  }

  async #next<K extends DriverEvent["event"]>(
    kind: K,
  ): Promise<DriverEvent & { event: K }> {
    const { value, done } = await this.#events.next();
    if (done) {
      killGroup(this.pid);
      throw new Error(
        `The kernel's driver has ended before it was asked to:\n${
          (await this.#complaints).trim() || "it was killed"
        }`,
      );
    }
    if (value.event !== kind) {
      throw new Error(
        `The kernel's driver reported ${value.event} instead of ${kind}`,
      );
    }
    return value as DriverEvent & { event: K };
  }
}

/** Ends what a killed driver could not end itself. */
function killGroup(pid: number): void {
  if (pid === 0) {
    return;
  }
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw error;
    }
  }
}

async function* readEvents(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<DriverEvent> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    const lines = rest.split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      yield JSON.parse(line);
    }
  }
}
