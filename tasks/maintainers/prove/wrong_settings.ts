import {
  type Cell,
  isRunnable,
  type NotebookDocument,
  tagged,
  textOf,
} from "../../notebooks/document.ts";
import { failureOf } from "../../notebooks/failure.ts";
import { KernelSession } from "../../notebooks/kernel_session.ts";
import type { WrongSetting } from "./proofs.ts";

/** A claim that was found to be false. */
export interface FailedClaim {
  id: string;
  /** What it says that it has measured. */
  measured: string;
}

/** What came of a run with wrong settings. */
export interface WrongRun {
  failed: FailedClaim[];
  /** Why cells failed that are no claims. */
  others: string[];
}

const CELL_TIMEOUT_MS = 120_000;

/**
 * Runs a notebook with some of its settings turned the wrong way, through to
 * its end although claims fail, and without its exercises.
 *
 * @returns The claims that failed, in order, and what else did.
 * @throws {Error} If the notebook does not say what is to be turned, or says it twice.
 */
export async function runWithWrongSettings(
  path: string,
  { cells }: NotebookDocument,
  settings: Pick<WrongSetting, "from" | "to">[],
  signal?: AbortSignal,
): Promise<WrongRun> {
  const sources = turned(
    cells.filter(isNoExercise).map(({ source }) => textOf(source)),
    settings,
  ).flatMap(claimByClaim);
  await using session = await KernelSession.start({
    folder: path.replace(/[^/]*$/, "."),
  });
  // Ending the session ends the running cell.
  signal?.addEventListener("abort", () => void session.end(), { once: true });
  const failed: FailedClaim[] = [];
  const others: string[] = [];
  for (const code of sources) {
    signal?.throwIfAborted();
    // The last cell, which tidies up, has its turn whatever happens.
    if (others.length > 0 && code !== sources.at(-1)) continue;
    const execution = await session.execute(code, {
      timeoutMs: CELL_TIMEOUT_MS,
    });
    if (execution.name === "ClaimError") {
      const measured = execution.message ?? "";
      const id = /^ {2}claim: (\S+)$/m.exec(measured)?.[1] ?? "";
      failed.push({ id, measured });
      continue;
    }
    const failure = failureOf({ cell: 0, code, kept: true }, execution);
    if (failure) others.push(`${failure.reason}\n${code}`);
    // There is no kernel any more.
    if (["timeout", "died"].includes(execution.status)) break;
  }
  return { failed, others };
}

function isNoExercise(cell: Cell): boolean {
  return isRunnable(cell) && tagged(cell, "exercise") === undefined &&
    tagged(cell, "check") === undefined;
}

/** Each of a cell's claims by itself: a false one ends its cell, and the next would have no turn. */
function claimByClaim(source: string): string[] {
  return source.split(/\n(?=claim\()/);
}

/** The sources with each setting turned. */
function turned(
  sources: string[],
  settings: Pick<WrongSetting, "from" | "to">[],
): string[] {
  let all = sources;
  for (const { from, to } of settings) {
    const count = all.join("\n").split(from).length - 1;
    if (count !== 1) {
      throw new Error(
        `Cannot turn a setting as the notebook says ${count} times: ${from}`,
      );
    }
    all = all.map((source) => source.replace(from, () => to));
  }
  return all;
}
