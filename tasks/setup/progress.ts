/** Tells how far a step is; the line it wrote before is replaced. */
export type Report = (detail: string) => void;

const REPEAT_MS = 1_000;
const QUIET_REPEAT_MS = 15_000;

/**
 * Runs a step, and shows what it does, how far it is and for how long: on a
 * terminal in one line that updates, elsewhere in a line now and then. A text
 * that the step returns is shown at its end. All of it goes to the standard
 * error: the standard output may be a report that a program reads.
 */
export async function showStep<T>(
  title: string,
  step: (report: Report) => Promise<T>,
): Promise<T> {
  const line = new ProgressLine(title);
  try {
    const result = await step((detail) => line.report(detail));
    line.end("✔", typeof result === "string" ? result : undefined);
    return result;
  } catch (error) {
    line.end("✘");
    throw error;
  }
}

class ProgressLine {
  readonly #title: string;
  readonly #start = performance.now();
  readonly #terminal = Deno.stderr.isTerminal();
  readonly #timer: ReturnType<typeof setInterval>;
  #detail = "";

  constructor(title: string) {
    this.#title = title;
    this.#show();
    this.#timer = setInterval(
      () => this.#show(),
      this.#terminal ? REPEAT_MS : QUIET_REPEAT_MS,
    );
  }

  report(detail: string): void {
    this.#detail = detail;
    if (this.#terminal) this.#show();
  }

  end(mark: string, remark?: string): void {
    clearInterval(this.#timer);
    const text = `${mark} ${this.#title} (${this.#seconds()} s)`;
    this.#write(remark ? `${text}: ${remark}\n` : `${text}\n`);
  }

  #show(): void {
    const seconds = this.#seconds();
    const text = `… ${this.#title}${this.#detail && `: ${this.#detail}`}` +
      (seconds === "0" ? "" : ` (${seconds} s)`);
    this.#write(this.#terminal ? text : `${text}\n`);
  }

  #seconds(): string {
    return ((performance.now() - this.#start) / 1_000).toFixed(0);
  }

  #write(text: string): void {
    if (!this.#terminal) return writeOut(text);
    // Some terminals do not tell their width.
    const columns = Deno.consoleSize().columns || 80;
    const fitting = text.length < columns || text.endsWith("\n")
      ? text
      : text.slice(0, columns - 2) + "…";
    writeOut(`\r\x1b[2K${fitting}`);
  }
}

function writeOut(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  } catch {
    // The terminal was closed: whoever handles that ends the command.
  }
}
