import { shownClaims } from "../../notebooks/shown_claims.ts";
import { statedClaims } from "../../notebooks/stated_claims.ts";
import { isRunnable, readNotebook, textOf } from "../../notebooks/document.ts";
import { KernelSession } from "../../notebooks/kernel_session.ts";
import type { Report } from "../../setup/progress.ts";

/** What one version of Kafka said to a claim. */
export interface Answer {
  id: string;
  /** `cannot be asked`: the notebook did not get as far as measuring it. */
  outcome: "holds" | "does not hold" | "cannot be asked";
  /** What was measured, or why it was not. */
  measured: string;
}

const CELL_TIMEOUT_MS = 120_000;

/**
 * Runs a notebook to its end whatever fails, and collects what became of each claim.
 *
 * @param path The notebook, in a project whose brokers run.
 * @param report Told how far it is.
 * @param signal Ends it.
 * @returns An answer for each claim that the notebook states, in order.
 */
export async function askClaims(
  path: string,
  report: Report,
  signal: AbortSignal,
): Promise<Answer[]> {
  const cells = (await readNotebook(path)).cells.filter(isRunnable);
  await using session = await KernelSession.start({
    folder: path.replace(/[^/]*$/, "."),
  });
  const stop = () => void session.end();
  signal.addEventListener("abort", stop, { once: true });
  const answers: Answer[] = [];
  let firstError: string | undefined;
  for (const [index, cell] of cells.entries()) {
    signal.throwIfAborted();
    report(`cell ${index + 1} of ${cells.length}`);
    const source = textOf(cell.source);
    const { status, name, message = "", outputs } = await session.execute(
      source,
      { timeoutMs: CELL_TIMEOUT_MS },
    );
    signal.throwIfAborted();
    const error = status === "ok" ? undefined : `${name}: ${message}`;
    const shown = new Map(
      shownClaims(outputs).map((each) => [each.id, each.measured]),
    );
    for (const id of statedClaims(source)) {
      if (shown.has(id)) {
        answers.push({ id, outcome: "holds", measured: shown.get(id)! });
      } else if (error?.includes(`claim: ${id}`)) {
        const measured = /^\s*measured: (.*)$/m.exec(error)?.[1] ?? error;
        answers.push({ id, outcome: "does not hold", measured });
      } else {
        const why = firstLine(firstError ?? error ?? "it was not reached");
        answers.push({ id, outcome: "cannot be asked", measured: why });
      }
    }
    if (error !== undefined && !error.includes("claim: ")) firstError ??= error;
    if (status === "died" || status === "timeout") {
      await session.restart().catch(() => {});
    }
  }
  signal.removeEventListener("abort", stop);
  return answers;
}

function firstLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1b\[[\d;]*m/g, "").split("\n")[0]!.slice(0, 200);
}
