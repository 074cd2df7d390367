import { linesOf } from "lib/brokers/lines_of.ts";
import type {
  ReadingOptions,
  TestedClient,
} from "lib/experiment/clients/tested_client.ts";
import type {
  NodeAnswer,
  NodeClientName,
  NodeProgramSettings,
  NodeRequest,
} from "./node/protocol.ts";

/** How a client that Node.js runs is found. */
export interface NodeClientOptions {
  name: NodeClientName;
  version: string;
  /** The folder in which npm installed it. */
  folder: string;
  /** The program, bundled for Node.js. */
  program: string;
}

/** A client that Deno cannot load: each producer and consumer of it is a process of Node.js. */
export function nodeClient(
  { name, version, folder, program }: NodeClientOptions,
): TestedClient {
  const spawn = (job: NodeProgramSettings["job"]) =>
    new Deno.Command("node", {
      args: [program, JSON.stringify({ client: name, folder, job })],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  const start = (
    job: NodeProgramSettings["job"],
    reading?: Pick<ReadingOptions, "handle" | "onEnd">,
  ) => NodeProcess.start(spawn(job), name, reading);
  return {
    ...{ name, version },
    spawn: (settings) => spawn({ process: settings }),
    async sender(options) {
      const process = await start({ sender: options });
      return {
        send: (record) => process.call({ call: "send", record }),
        close: () => process.close(),
      };
    },
    async reader({ handle, onEnd, ...options }) {
      const reading = onEnd === undefined ? { handle } : { handle, onEnd };
      return await start({ reader: options }, reading);
    },
    async transactions(options) {
      const process = await start({ transactions: options });
      return {
        async begin() {
          await process.call({ call: "begin" });
          return {
            send: (record) => process.call({ call: "send", record }),
            commit: () => process.call({ call: "commit" }),
          };
        },
        close: () => process.close(),
      };
    },
  };
}

/** A call without the number by which its answer is found. */
type Call = NodeRequest extends infer Each
  ? Each extends { id: number } ? Omit<Each, "id"> : never
  : never;

class NodeProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #answers = new Map<number, PromiseWithResolvers<void>>();
  readonly #reading: Pick<ReadingOptions, "handle" | "onEnd"> | undefined;
  readonly #ended: Promise<unknown>;
  #errorText = "";
  #calls = 0;

  private constructor(
    child: Deno.ChildProcess,
    reading?: Pick<ReadingOptions, "handle" | "onEnd">,
  ) {
    this.#child = child;
    this.#reading = reading;
    this.#input = child.stdin.getWriter();
    this.#input.closed.catch(() => {});
    this.#ended = Promise.all([
      this.#readAnswers(),
      this.#readErrors(),
      child.status,
    ]);
  }

  /** Waits until it has connected. */
  static async start(
    child: Deno.ChildProcess,
    name: string,
    reading?: Pick<ReadingOptions, "handle" | "onEnd">,
  ): Promise<NodeProcess> {
    const process = new NodeProcess(child, reading);
    const isReady = await Promise.race([
      process.#ready.promise.then(() => true),
      process.#ended.then(() => false),
    ]);
    if (isReady) return process;
    throw new Error(
      `Cannot start ${name} in Node.js; it said: ${process.#errorText}`,
    );
  }

  async call(call: Call): Promise<void> {
    const id = ++this.#calls;
    const answer = Promise.withResolvers<void>();
    this.#answers.set(id, answer);
    // It may be refused before anybody awaits it.
    answer.promise.catch(() => {});
    // A process that has ended takes nothing, and answers nothing.
    const ended = this.#ended.then(() => {
      throw new Error(`the process has ended; it said: ${this.#errorText}`);
    });
    const told = this.#tell({ ...call, id } as NodeRequest);
    await Promise.race([ended, told.then(() => answer.promise, () => ended)]);
  }

  async close(): Promise<void> {
    try {
      await this.call({ call: "close" });
    } finally {
      await this.#input.close().catch(() => {});
      await this.#ended;
    }
  }

  async #tell(request: NodeRequest): Promise<void> {
    const line = `${JSON.stringify(request)}\n`;
    await this.#input.write(new TextEncoder().encode(line));
  }

  async #readAnswers(): Promise<void> {
    for await (const line of linesOf(this.#child.stdout)) {
      // The client's own lines may be among them.
      if (/^{"(ready|id|record|ended)":/.test(line)) {
        this.#take(JSON.parse(line));
      }
    }
  }

  #take(answer: NodeAnswer): void {
    if ("ready" in answer) return this.#ready.resolve();
    if ("ended" in answer) return this.#reading?.onEnd?.(answer.ended);
    if ("record" in answer) return void this.#handle(answer);
    const call = this.#answers.get(answer.id);
    this.#answers.delete(answer.id);
    if (answer.error === undefined) call?.resolve();
    else call?.reject(new Error(answer.error));
  }

  async #handle(
    { record, partition, value }: Extract<NodeAnswer, { record: number }>,
  ): Promise<void> {
    await this.#reading?.handle({ partition, value });
    await this.#tell({ handled: record }).catch(() => {});
  }

  async #readErrors(): Promise<void> {
    for await (const line of linesOf(this.#child.stderr)) {
      this.#errorText = `${this.#errorText}\n${line}`.slice(-1_000);
    }
  }
}
