import { within } from "lib/client/deadline.ts";
import type { Output } from "../../notebooks/document.ts";

/** No cell of a measurement works for so long. */
const DEADLINE_MS = 120_000;

/** A Deno kernel that JupyterLab's server runs; disposing of it ends it. */
export class LabKernel implements AsyncDisposable {
  #address: string;
  #socket: WebSocket;
  #signal: AbortSignal;
  #headers: Record<string, string>;

  private constructor(
    address: string,
    socket: WebSocket,
    signal: AbortSignal,
    headers: Record<string, string>,
  ) {
    this.#address = address;
    this.#socket = socket;
    this.#signal = signal;
    this.#headers = headers;
  }

  /**
   * Asks the server for a kernel, as JupyterLab does when a notebook is opened.
   *
   * @param url JupyterLab's address, with its token.
   * @param folder Where the kernel runs, such as `"my"`, seen from the server's folder.
   * @throws {Error} If there is none.
   */
  static async start(
    url: string,
    folder: string,
    signal: AbortSignal,
  ): Promise<LabKernel> {
    const { origin, host, searchParams } = new URL(url);
    const token = searchParams.get("token");
    const headers = {
      authorization: `token ${token}`,
      "content-type": "application/json",
    };
    const response = await fetch(`${origin}/api/kernels`, {
      ...{ method: "POST", headers, signal },
      body: JSON.stringify({ name: "deno", path: `${folder}/any.ipynb` }),
    });
    const kernel = await response.json();
    if (!response.ok) {
      throw new Error(`Cannot start a Deno kernel: ${kernel.message}`);
    }
    const socket = new WebSocket(
      `ws://${host}/api/kernels/${kernel.id}/channels?token=${token}`,
    );
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () =>
        reject(new Error("Cannot reach a Deno kernel: the connection failed"));
    });
    const address = `${origin}/api/kernels/${kernel.id}`;
    return new LabKernel(address, socket, signal, headers);
  }

  /**
   * Sends one cell by Jupyter's protocol, and waits for the kernel's reply.
   *
   * @returns What the cell showed.
   * @throws {Error} If the cell fails.
   * @throws {DeadlineError} If it has not ended after two minutes.
   */
  async run(code: string): Promise<Output[]> {
    const request = executeRequest(code);
    const outputs: Output[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      const fail = (why: string) =>
        reject(new Error(`Cannot run a cell in a Deno kernel: ${why}`));
      this.#signal.addEventListener(
        "abort",
        () => reject(this.#signal.reason),
        { once: true },
      );
      this.#socket.onclose = () => fail("the connection was closed");
      let replied = false;
      let idle = false;
      this.#socket.onmessage = ({ data }) => {
        const { header, parent_header, content } = JSON.parse(data);
        if (parent_header?.msg_id !== request.header.msg_id) return;
        if (header.msg_type === "execute_reply") {
          if (content.status !== "ok") {
            return fail(content.evalue ?? content.status);
          }
          replied = true;
        } else if (header.msg_type === "status") {
          idle ||= content.execution_state === "idle";
        } else if (content.data) {
          outputs.push({ output_type: "display_data", ...content });
        }
        // What a cell shows comes on another channel than the reply, and ends with "idle".
        if (replied && idle) resolve();
      };
      this.#socket.send(JSON.stringify(request));
    });
    await within(ended, {
      what: "the end of a cell in a Deno kernel",
      deadlineMs: DEADLINE_MS,
    });
    return outputs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.onclose = null;
    this.#socket.onerror = null;
    this.#socket.close();
    const ended = await fetch(this.#address, {
      ...{ method: "DELETE", headers: this.#headers },
    });
    await ended.body?.cancel();
  }
}

function executeRequest(code: string) {
  return {
    channel: "shell",
    header: {
      msg_id: crypto.randomUUID(),
      msg_type: "execute_request",
      session: crypto.randomUUID(),
      username: "",
      date: new Date().toISOString(),
      version: "5.3",
    },
    parent_header: {},
    metadata: {},
    content: {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    },
    buffers: [],
  };
}
