import { assert, assertEquals } from "@std/assert";
import {
  type Cell,
  chooseNotebooks,
  isRunnable,
  readNotebook,
  tagged,
  textOf,
} from "../../tasks/notebooks/document.ts";
import { failureOf } from "../../tasks/notebooks/failure.ts";
import { KernelSession } from "../../tasks/notebooks/kernel_session.ts";

/** One setting of a notebook, turned the wrong way. */
export interface WrongSetting {
  /** What the notebook's code says. It says so once. */
  from: string;
  /** What it is made to say. */
  to: string;
  /** The claims that this must break, each with a part of what it then tells that it has measured. */
  breaks: Record<string, string>;
}

/** A claim that was found to be false. */
export interface FailedClaim {
  statement: string;
  /** What it has measured, as it tells it. */
  measured: string;
}

const CELL_TIMEOUT_MS = 120_000;

/**
 * Runs a notebook with some of its settings turned the wrong way, through to
 * its end although claims fail, and without its exercises.
 *
 * @returns The claims that failed, in order.
 */
export async function failingClaims(
  number: string,
  settings: Pick<WrongSetting, "from" | "to">[],
): Promise<FailedClaim[]> {
  const [path] = await chooseNotebooks([number]);
  const { cells } = await readNotebook(path!);
  const sources = turned(
    cells.filter(isNoExercise).map(({ source }) => textOf(source)),
    settings,
  );
  await using session = await KernelSession.start({
    folder: path!.replace(/[^/]*$/, "."),
  });
  const failed: FailedClaim[] = [];
  const others: (string | undefined)[] = [];
  for (const code of sources) {
    const execution = await session.execute(code, {
      timeoutMs: CELL_TIMEOUT_MS,
    });
    if (execution.name === "ClaimError") {
      const [statement = "", ...measured] = execution.message!.split("\n");
      failed.push({ statement, measured: measured.join("\n") });
      continue;
    }
    // The last cell, which tidies up, has its turn whatever happens.
    if (others.length > 0 && code !== sources.at(-1)) continue;
    const failure = await failureOf({ cell: 0, code, kept: true }, execution);
    if (failure) others.push(`${failure.reason}\n${code}`);
    // There is no kernel any more.
    if (["timeout", "died"].includes(execution.status)) break;
  }
  assertEquals(others, [], "only claims may fail");
  return failed;
}

function isNoExercise(cell: Cell): boolean {
  return isRunnable(cell) && tagged(cell, "exercise") === undefined &&
    tagged(cell, "check") === undefined;
}

function turned(
  sources: string[],
  settings: Pick<WrongSetting, "from" | "to">[],
): string[] {
  let all = sources;
  for (const { from, to } of settings) {
    const before = all;
    const count = before.join("\n").split(from).length - 1;
    assert(count === 1, `the notebook says ${count} times: ${from}`);
    all = before.map((source) => source.replace(from, () => to));
  }
  return all;
}
