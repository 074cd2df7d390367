import { type Output, textOf } from "./document.ts";
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
export function failureOf(
  step: Step,
  execution: Execution,
): Failure | undefined {
  if (execution.status === "ok") {
    return;
  }
  return {
    cell: step.cell + 1,
    reason: reasonOf(step, execution),
    source: step.code,
    traceback: execution.traceback?.join("\n").trim(),
    outputs: execution.outputs,
  };
}

function reasonOf(step: Step, execution: Execution): string {
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
      return `${who} threw ${execution.name}: ${execution.message}`;
    default:
      return `the kernel answered ${who} with "${execution.status}"`;
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
