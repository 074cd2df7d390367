import type { PartResult } from "./part.ts";
import type { PartsWatcher } from "./run_parts.ts";

const REPEAT_MS = 1_000;
const QUIET_REPEAT_MS = 20_000;

/** Prints a line for each part that ends, and what is running: on a terminal in a line that updates, elsewhere now and then. */
export class PartsPrinter implements PartsWatcher, Disposable {
  readonly #running = new Map<string, string>();
  readonly #start = performance.now();
  readonly #terminal = Deno.stdout.isTerminal();
  readonly #timer = setInterval(
    () => this.#showRunning(),
    this.#terminal ? REPEAT_MS : QUIET_REPEAT_MS,
  );

  started(name: string): void {
    this.#running.set(name, "");
  }

  progressed(name: string, detail: string): void {
    this.#running.set(name, detail);
  }

  ended(name: string, result: PartResult, milliseconds: number): void {
    this.#running.delete(name);
    const { passed, failed, note, output } = result;
    const seconds = (milliseconds / 1_000).toFixed(0);
    const counts = failed === 0
      ? `${passed} passed`
      : `${passed} passed, ${failed} failed`;
    const line = `${
      failed === 0 ? "✔" : "✘"
    } ${name}: ${counts} (${seconds} s)`;
    this.#write(`${line}${note ? `, ${note}` : ""}\n`);
    if (failed > 0) this.#write(`${output.trimEnd()}\n\n`);
    if (this.#terminal) this.#showRunning();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#write("");
  }

  #showRunning(): void {
    const seconds = ((performance.now() - this.#start) / 1_000).toFixed(0);
    const parts = [...this.#running]
      .map(([name, detail]) => detail ? `${name}: ${detail}` : name);
    if (parts.length === 0) return;
    const text = `… ${parts.join(" | ")} (${seconds} s)`;
    if (!this.#terminal) return this.#write(`${text}\n`);
    const columns = Deno.consoleSize().columns || 80;
    this.#write(
      text.length < columns ? text : text.slice(0, columns - 2) + "…",
    );
  }

  #write(text: string): void {
    const cleared = this.#terminal ? "\r\x1b[2K" : "";
    const bytes = new TextEncoder().encode(cleared + text);
    for (let at = 0; at < bytes.length;) {
      at += Deno.stdout.writeSync(bytes.subarray(at));
    }
  }
}
