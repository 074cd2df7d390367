import { linesOf } from "lib/brokers/lines_of.ts";
import { until } from "lib/client/until.ts";

const PROGRAMS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const DEADLINE_MS = 60_000;

/** A Chromium without a window, which shows pages as a person's does. */
export class Browser implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #page: WebSocket;
  #asked = 0;
  #answers = new Map<number, (result: Answer) => void>();

  private constructor(process: Deno.ChildProcess, page: WebSocket) {
    this.#process = process;
    this.#page = page;
    page.onmessage = ({ data }) => {
      const { id, result } = JSON.parse(data);
      this.#answers.get(id)?.(result);
      this.#answers.delete(id);
    };
  }

  /**
   * Starts one with an empty page.
   *
   * @param folder Where it keeps its things.
   * @returns Undefined where there is no Chromium.
   */
  static async start(folder: string): Promise<Browser | undefined> {
    const program = PROGRAMS.find(isInstalled);
    if (program === undefined) return undefined;
    const process = new Deno.Command(program, {
      args: [
        "--headless",
        "--remote-debugging-port=0",
        `--user-data-dir=${folder}`,
        "--no-first-run",
        ...(Deno.uid() === 0 ? ["--no-sandbox"] : []),
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    try {
      const port = await debuggingPort(process);
      const targets = await (await fetch(`http://127.0.0.1:${port}/json`))
        .json();
      const page = targets.find(({ type }: { type: string }) =>
        type === "page"
      );
      const socket = new WebSocket(page.webSocketDebuggerUrl);
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = () =>
          reject(new Error(`Cannot talk to ${program}: it refuses to`));
      });
      return new Browser(process, socket);
    } catch (error) {
      process.kill("SIGKILL");
      await process.status;
      throw error;
    }
  }

  /** Goes to a page, and waits until an expression of JavaScript is true in it. */
  async show(
    url: string,
    expression: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#ask("Page.navigate", { url });
    await until(async () => {
      signal.throwIfAborted();
      const { result } = await this.#ask("Runtime.evaluate", {
        expression: `Boolean(${expression})`,
        returnByValue: true,
      });
      return result?.value === true;
    }, { what: `the page in which ${expression}`, deadlineMs: DEADLINE_MS });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#page.close();
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended, as Ctrl-C reaches it, too.
    }
    await this.#process.status;
  }

  #ask(method: string, params: Record<string, unknown>): Promise<Answer> {
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      if (this.#page.readyState !== WebSocket.OPEN) {
        return reject(new Error("Cannot ask the browser: it has ended"));
      }
      this.#answers.set(id, resolve);
      this.#page.onclose = () =>
        reject(new Error("Cannot ask the browser: it has ended"));
      this.#page.send(JSON.stringify({ id, method, params }));
    });
  }
}

interface Answer {
  result?: { value?: unknown };
}

/** Chromium tells its port on its standard error, which is read to its end so that it never blocks. */
function debuggingPort(process: Deno.ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const read = async () => {
      const lines = linesOf(process.stderr);
      for await (const line of lines) {
        const port = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(line)?.[1];
        if (port) resolve(port);
      }
      reject(new Error("Cannot use the browser: it ended at once"));
    };
    read().catch(reject);
  });
}

function isInstalled(program: string): boolean {
  const folders = program.startsWith("/")
    ? [""]
    : (Deno.env.get("PATH") ?? "").split(":").map((folder) => `${folder}/`);
  return folders.some((folder) => {
    try {
      return Deno.statSync(folder + program).isFile;
    } catch {
      return false;
    }
  });
}
