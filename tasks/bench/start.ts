import { parseArgs } from "@std/cli/parse-args";
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { refuseUnknown, UsageError } from "../command.ts";
import { setUp } from "../setup/set_up.ts";
import { cluster, oneBroker } from "./broker_start.ts";
import { jupyterLab } from "./jupyterlab_start.ts";
import { describeMachine } from "./machine.ts";
import { notebooks } from "./notebook_times.ts";
import { withOwnPlaces } from "./own_places.ts";
import { type Report, reportText } from "./report.ts";
import { runRounds } from "./rounds.ts";
import { Samples } from "./samples.ts";
import type { StartPart } from "./start_part.ts";
import { taskStart } from "./task_start.ts";

const PARTS: StartPart[] = [
  oneBroker,
  cluster,
  jupyterLab,
  notebooks,
  taskStart,
];

const HELP =
  `Measures how long everything takes to start, and what memory brokers take.

  deno task bench start [options]

  --rounds N   how often each is measured (3)
  --only NAME  only this part; several with commas:
${
    PARTS.map(({ name, summary }) =>
      `                 ${name.padEnd(12)}${summary}`
    ).join("\n")
  }
  --json       print the same as JSON

It runs brokers and JupyterLab of its own beside yours, on free ports, and
leaves nothing behind. A notebook that needs the cluster uses the project's.`;

/** Runs `deno task bench start` with its arguments; returns the exit code. */
export async function benchStart(args: string[]): Promise<number> {
  const options = parseArgs(args, {
    boolean: ["help", "json"],
    string: ["rounds", "only"],
    default: { rounds: "3" },
    unknown: refuseUnknown("bench start"),
  });
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const rounds = roundCount(options.rounds);
  const parts = chooseParts(options.only);
  await setUp();
  forgetUsersCluster();
  const stop = stopOnSignal();
  try {
    const report = await measure(parts, rounds, stop);
    console.log(
      options.json ? JSON.stringify(report, undefined, 2) : reportText(report),
    );
    return 0;
  } catch (error) {
    if (!stop.aborted) throw error;
    console.error("Stopped: all that was started has ended.");
    return 130;
  }
}

async function measure(
  parts: StartPart[],
  rounds: number,
  signal: AbortSignal,
): Promise<Report> {
  const began = new Date().toISOString();
  const machine = describeMachine();
  const samples = new Samples();
  await withOwnPlaces((own) =>
    runRounds(parts, { ...own, samples, signal }, rounds)
  );
  return { bench: "start", began, rounds, machine, results: samples.results() };
}

function roundCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new UsageError(
    `Cannot measure '${text}' rounds: --rounds takes a positive integer.`,
  );
}

function chooseParts(only: string | undefined): StartPart[] {
  if (only === undefined) return PARTS;
  const names = only.split(",");
  const unknown = names.find((name) =>
    !PARTS.some((part) => part.name === name)
  );
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot measure '${unknown}' only: choose of ${
        PARTS.map(({ name }) => name).join(", ")
      }.`,
    );
  }
  return PARTS.filter(({ name }) => names.includes(name));
}

/** What a person has set for another cluster is not meant for the brokers that are measured. */
function forgetUsersCluster(): void {
  for (const name of Object.keys(Deno.env.toObject())) {
    if (name.startsWith("KAFKA_")) Deno.env.delete(name);
  }
}

function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => {
    // Another one must not end the waits of the clearing up.
    if (stop.signal.aborted) return;
    const reason = "Stopped before all was measured";
    stop.abort(new InterruptedError(reason));
    interrupt(reason);
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(name, onSignal);
  }
  return stop.signal;
}
