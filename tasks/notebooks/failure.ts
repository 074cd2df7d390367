import { type Output, PROJECT_FOLDER, textOf } from "./document.ts";
import type { Execution } from "./kernel_session.ts";
import type { Step } from "./steps.ts";

/** Why an item failed, with all that is needed to see it. */
export interface Failure {
  /** The cell's number, from 1, counting every cell of the notebook. */
  cell: number;
  reason: string;
  source: string;
  traceback?: string;
  outputs: Output[];
}

/** The MIME type of what an exercise's check reports. */
export const EXERCISE_TYPE = "application/vnd.kafka-notebooks.exercise+json";

/** The MIME type under which lib/notebook shows errors of the background. */
const ERROR_TYPE = "application/vnd.kafka-notebooks.error+json";

/** The failure of a cell, unless the kernel said that it is well. */
export async function failureOf(
  step: Step,
  execution: Execution,
): Promise<Failure | undefined> {
  if (execution.status === "ok") {
    return;
  }
  return {
    cell: step.cell + 1,
    reason: await reasonOf(step, execution),
    source: step.code,
    traceback: execution.traceback?.join("\n").trim(),
    outputs: execution.outputs,
  };
}

async function reasonOf(step: Step, execution: Execution): Promise<string> {
  const who = step.proves === undefined
    ? "the cell"
    : `the proof of exercise ${step.proves.name}`;
  switch (execution.status) {
    case "timeout":
      return `${who} did not end within ${
        Math.round(execution.seconds)
      } s, so its kernel was ended`;
    case "died":
      return `${who} ended the kernel${
        execution.log ? `, which wrote at last:\n${execution.log.trim()}` : ""
      }`;
    case "error":
      // The kernel says no more than this of code that it cannot start.
      if (execution.message === "Execution failed") {
        return `the kernel refused ${who}: ${await explainRefusal(step.code)}`;
      }
      return `${who} threw ${execution.name}: ${execution.message}`;
    default:
      return `the kernel answered ${who} with "${execution.status}"`;
  }
}

/** Finds the syntax error or the missing module by loading the cell as a file. */
async function explainRefusal(code: string): Promise<string> {
  const checkFolder = `${PROJECT_FOLDER}/.check`;
  await Deno.mkdir(checkFolder, { recursive: true });
  const file = await Deno.makeTempFile({
    dir: checkFolder,
    prefix: "refused_",
    suffix: ".ts",
  });
  try {
    await Deno.writeTextFile(file, code);
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["cache", "--quiet", "--no-lock", file],
      cwd: PROJECT_FOLDER,
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).output();
    if (success) {
      return "a syntax error, or a module that does not load";
    }
    return new TextDecoder().decode(stderr)
      .replaceAll(`file://${file}`, "cell")
      .replace(/^error: /, "")
      .replace(/\n\nStack backtrace:[\s\S]*/, "")
      .trim();
  } finally {
    await Deno.remove(file);
  }
}

/** The failure of a cell that shows an error which no cell has awaited. */
export function unawaitedError(
  step: Step,
  outputs: Output[],
): Failure | undefined {
  const error = outputs.map(({ data }) => data?.[ERROR_TYPE]).find(Boolean) as
    | { name: string; message: string }
    | undefined;
  return error && {
    cell: step.cell + 1,
    reason:
      `an error happened that no cell awaited, ${error.name}: ${error.message}`,
    source: step.code,
    outputs,
  };
}

/** The failure of a check that does not report the state that it must. */
export function stateFailure(
  step: Step,
  { exercise, state }: NonNullable<Step["expected"]>,
  outputs: Output[],
): Failure | undefined {
  const reports = outputs
    .map((output) => output.data?.[EXERCISE_TYPE])
    .filter((report) => report !== undefined) as {
      name?: string;
      state?: string;
      why?: string;
    }[];
  const fail = (reason: string): Failure => ({
    cell: step.cell + 1,
    reason,
    source: textOf(step.code),
    outputs,
  });
  if (reports.length !== 1) {
    return fail(
      `the check must show one output of type ${EXERCISE_TYPE}: it showed ${reports.length}`,
    );
  }
  const report = reports[0]!;
  if (report.name !== exercise.name) {
    return fail(
      `the check must report on "${exercise.name}", as its tag says: it reported on "${report.name}"`,
    );
  }
  if (report.state !== state) {
    const by = state === "solved" ? "the solution" : "the stub";
    return fail(
      `the check must report "${state}" for ${by}: it reported "${report.state}"${
        report.why ? ` (${report.why})` : ""
      }`,
    );
  }
}
