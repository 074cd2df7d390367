import { parseArgs } from "@std/cli/parse-args";
import { refuseUnknown, UsageError } from "../../command.ts";
import { forgetUsersCluster, stopOnSignal } from "../../own_cluster.ts";
import { setUp } from "../../setup/set_up.ts";
import { describeMachine } from "./machine.ts";
import { withOwnPlaces } from "./own_places.ts";
import type { Measurement } from "./measurement.ts";
import { type Report, reportText } from "./report.ts";
import { measureInRounds } from "./measure_in_rounds.ts";
import { Quantities } from "./quantities.ts";

/** One of the measurements of `deno task bench`. */
export interface Bench {
  /** Its name on the command line. */
  name: string;
  /** What it measures, after "Measures". */
  summary: string;
  /** What else a person should know, for `--help`. */
  details: string;
  /** How many rounds there are unless told otherwise. */
  rounds: number;
  measurements: Measurement[];
  /** Whether the amount that is measured can be changed by `--scale`. */
  hasScale?: boolean;
}

function helpOf(bench: Bench): string {
  const { name, summary, details, rounds, measurements, hasScale } = bench;
  const list = measurements.map((measurement) =>
    `                 ${measurement.name.padEnd(12)}${measurement.summary}`
  ).join("\n");
  const scale = hasScale
    ? "\n  --scale F    F times as many records (1): 0.1 for a quick look"
    : "";
  return `Measures ${summary}.

  deno task bench ${name} [options]

  --rounds N   how often each is measured (${rounds})${scale}
  --only NAME  only this one; several with commas:
${list}
  --json       print the same as JSON

${details}`;
}

/** Makes the function that runs a measurement with its arguments and returns the exit code. */
export function benchCommand(
  bench: Bench,
): (args: string[]) => Promise<number> {
  return async (args) => {
    const options = parseArgs(args, {
      boolean: ["help", "json"],
      string: ["rounds", "only", ...(bench.hasScale ? ["scale"] : [])],
      default: { rounds: String(bench.rounds), scale: "1" },
      unknown: refuseUnknown(`bench ${bench.name}`),
    });
    if (options.help) {
      console.log(helpOf(bench));
      return 0;
    }
    const rounds = roundCount(options.rounds);
    const scale = scaleOf(options.scale);
    const measurements = chooseMeasurements(bench.measurements, options.only);
    await setUp();
    forgetUsersCluster();
    const signal = stopOnSignal("Stopped before all was measured");
    try {
      const run = { rounds, scale, signal };
      const report = await measure({ ...bench, measurements }, run);
      console.log(
        options.json
          ? JSON.stringify(report, undefined, 2)
          : reportText(report),
      );
      return 0;
    } catch (error) {
      if (!signal.aborted) throw error;
      console.error("Stopped: all that was started has ended.");
      return 130;
    }
  };
}

async function measure(
  { name, measurements }: Bench,
  { rounds, scale, signal }: {
    rounds: number;
    scale: number;
    signal: AbortSignal;
  },
): Promise<Report> {
  const began = new Date().toISOString();
  const machine = describeMachine();
  const quantities = new Quantities();
  const notes = new Set<string>();
  const note = (sentence: string) => void notes.add(sentence);
  const run = { quantities, note, signal, scale };
  await withOwnPlaces((own) =>
    measureInRounds(measurements, { ...own, ...run }, rounds)
  );
  const results = quantities.results();
  return { bench: name, began, rounds, machine, results, notes: [...notes] };
}

function roundCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new UsageError(
    `Cannot measure '${text}' rounds: --rounds takes a positive integer.`,
  );
}

function scaleOf(text: string): number {
  const scale = Number(text);
  if (scale > 0 && scale <= 100) return scale;
  throw new UsageError(
    `Cannot measure ${text} times as much: --scale takes a number above 0, to 100.`,
  );
}

function chooseMeasurements(
  all: Measurement[],
  only: string | undefined,
): Measurement[] {
  if (only === undefined) return all;
  const names = only.split(",");
  const unknown = names.find((name) =>
    !all.some((measurement) => measurement.name === name)
  );
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot measure '${unknown}' only: choose of ${
        all.map(({ name }) => name).join(", ")
      }.`,
    );
  }
  return all.filter(({ name }) => names.includes(name));
}
