/** The kernel's two streams of text. */
export type StreamName = "stdout" | "stderr";

/** What the kernel's other thread needs for one message: 0.03 to 0.3 ms were measured. */
const MESSAGE_MS = 0.3;
/** Text flows on at most this often, so that a thousand lines become a few messages. */
const FLUSH_EVERY_MS = 3;
/** A cell that computes without a pause shows its text at least this often. */
const LONGEST_HOLD_MS = 100;
/** How far messages may run ahead of the other thread before whoever sends them waits. */
const BACKLOG_MS = 15;
/** A rest for whatever the reckoning does not know, such as a busy computer. */
const REST_MS = 20;

const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/**
 * Gathers a cell's text and sends it in few messages, in order. The kernel
 * hands every message to another thread and does not say how much that still
 * has to send; the fewer messages, the sooner a cell's output is complete.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const sent: string[] = [];
 * const queue = new OutputQueue((_stream, text) => sent.push(text));
 * for (const line of ["one", "two", "three"]) queue.write("stdout", `${line}\n`);
 * await queue.drained();
 * assertEquals(sent, ["one\ntwo\nthree\n"]);
 * ```
 */
export class OutputQueue {
  /** Sends one message of text. */
  readonly #send: (stream: StreamName, text: string) => void;
  #stream: StreamName = "stdout";
  #text = "";
  #heldSince = 0;
  #flushedAt = -Infinity;
  #sentAt = 0;
  #planned = false;

  /**
   * Makes a queue in front of what sends a message.
   *
   * @param send Sends one message of text on a stream.
   */
  constructor(send: (stream: StreamName, text: string) => void) {
    this.#send = send;
  }

  /**
   * Adds text, to be sent at the end of the running piece of code or a little later.
   *
   * @param stream The stream it belongs to.
   * @param text The text, with its line breaks.
   */
  write(stream: StreamName, text: string): void {
    if (stream !== this.#stream) this.flush();
    this.#stream = stream;
    if (this.#text === "") this.#heldSince = performance.now();
    this.#text += text;
    if (performance.now() - this.#heldSince > LONGEST_HOLD_MS) this.flush();
    else this.#planFlush();
  }

  /** Sends the text gathered so far, now. */
  flush(): void {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    this.#flushedAt = performance.now();
    this.#send(this.#stream, text);
    this.countMessage();
  }

  /** Reckons with a message, and blocks for a moment if too many are under way. */
  countMessage(): void {
    const now = performance.now();
    this.#sentAt = Math.max(now, this.#sentAt) + MESSAGE_MS;
    if (this.#sentAt - now > BACKLOG_MS) {
      Atomics.wait(sleepCell, 0, 0, this.#sentAt - now);
    }
  }

  /** Sends what is gathered and waits until everything must have left the kernel. */
  async drained(): Promise<void> {
    this.flush();
    const waitMs = Math.max(0, this.#sentAt - performance.now()) + REST_MS;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  /** At once after the running code, so that a cell's text precedes its error; later in a flood. */
  #planFlush(): void {
    if (this.#planned) return;
    this.#planned = true;
    const flush = () => {
      this.#planned = false;
      this.flush();
    };
    const waitMs = this.#flushedAt + FLUSH_EVERY_MS - performance.now();
    if (waitMs <= 0) queueMicrotask(flush);
    else setTimeout(flush, waitMs);
  }
}
