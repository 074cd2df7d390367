import { type Output, PROJECT_FOLDER, textOf } from "./document.ts";
import type { Failure } from "./failure.ts";
import type { Item, NotebookRun } from "./run.ts";
import type { Watcher } from "./run_all.ts";
import { mergeStreams } from "./save.ts";

interface Row {
  title: string;
  startedAt: number;
  step: number;
  stepCount: number;
}

const BAR_WIDTH = 20;
const REDRAW_MS = 200;
/** Where lines cannot be redrawn, a sign of life is enough. */
const REMIND_MS = 15_000;

/** Prints one line a notebook: how far it is, and how it ended. */
export class ProgressPrinter implements Watcher, Disposable {
  #rows = new Map<string, Row>();
  #isTerminal = Deno.stdout.isTerminal();
  #linesDrawn = 0;
  #timer = setInterval(
    () => this.#isTerminal ? this.#redraw() : this.#remind(),
    this.#isTerminal ? REDRAW_MS : REMIND_MS,
  );

  onStart(title: string): void {
    const startedAt = performance.now();
    this.#rows.set(title, { title, startedAt, step: 0, stepCount: 0 });
  }

  onCell(title: string, step: number, stepCount: number): void {
    Object.assign(this.#rows.get(title)!, { step, stepCount });
  }

  onEnd(title: string, run: NotebookRun): void {
    this.#rows.delete(title);
    this.#erase();
    console.log(endLine(title, run));
    for (const item of run.items) {
      if (item.failure !== undefined) {
        console.log(formatFailure(run.path, item, item.failure));
      }
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #redraw(): void {
    this.#erase();
    const { columns } = Deno.consoleSize();
    for (const row of this.#rows.values()) {
      const filled = Math.floor(BAR_WIDTH * row.step / (row.stepCount + 1));
      const bar = "█".repeat(filled).padEnd(BAR_WIDTH, "░");
      console.log(`  ${bar} ${rowText(row)}`.slice(0, columns - 1));
    }
    this.#linesDrawn = this.#rows.size;
  }

  #erase(): void {
    if (this.#linesDrawn > 0) {
      const up = `\x1b[${this.#linesDrawn}A\x1b[J`;
      Deno.stdout.writeSync(new TextEncoder().encode(up));
      this.#linesDrawn = 0;
    }
  }

  #remind(): void {
    for (const row of this.#rows.values()) {
      console.log(`  …  ${rowText(row)}`);
    }
  }
}

function rowText({ title, startedAt, step, stepCount }: Row): string {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const where = stepCount === 0
    ? "starting its kernel"
    : `cell ${step} of ${stepCount}`;
  return `${title}  ${where}  ${seconds} s`;
}

function endLine(title: string, run: NotebookRun): string {
  const failed = run.items.filter(({ failure }) => failure).length;
  const mark = failed > 0 ? "failed" : "passed";
  const counts = `${count(run.cellCount, "cell")}, ${
    count(run.items.length, "item")
  }${failed > 0 ? `, ${failed} failed` : ""}`;
  return `${mark}  ${title}  ${counts}  ${run.seconds.toFixed(1)} s`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A failure in full: where, why, the cell's source and all that it showed. */
function formatFailure(
  path: string,
  item: Item,
  failure: Failure,
): string {
  const where = path.replace(`${PROJECT_FOLDER}/`, "") +
    (failure.cell > 0 ? `, cell ${failure.cell}` : "");
  const lines = [`\n── ${where}: "${item.title}" failed ──`, failure.reason];
  if (failure.source !== "") {
    lines.push("", "source:", indent(failure.source));
  }
  // The error itself follows below, with its trace.
  const shown = mergeStreams(failure.outputs)
    .filter(({ output_type }) => output_type !== "error")
    .map(formatOutput).join("\n");
  if (shown !== "") {
    lines.push("", "output:", indent(shown));
  }
  if (failure.traceback) {
    lines.push("", "error:", indent(failure.traceback));
  }
  return lines.join("\n") + "\n";
}

function formatOutput(output: Output): string {
  if (output.output_type === "stream") {
    return textOf(output.text).replace(/\n$/, "");
  }
  const types = Object.entries(output.data ?? {});
  const plain = types.find(([type]) => type === "text/plain");
  return plain
    ? textOf(plain[1] as string)
    : types.map(([type]) => `[${type}]`).join(" ");
}

function indent(text: string): string {
  return text.split("\n").map((line) => `    ${line}`.trimEnd()).join("\n");
}
