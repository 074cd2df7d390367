// deno task notebooks: see HELP.
import { parseArgs } from "@std/cli/parse-args";
import { refuseUnknown, runCommand, TaskError, UsageError } from "./command.ts";
import {
  checkCollection,
  checkNotebooks,
  formatProblem,
} from "./notebooks/check.ts";
import { writeIndex } from "./notebooks/write_index.ts";
import { clusterFor } from "./notebooks/cluster.ts";
import { chooseNotebooks, PROJECT_FOLDER } from "./notebooks/document.ts";
import { servicesAsTheyWere } from "./shared_services.ts";
import { ProgressPrinter } from "./notebooks/progress.ts";
import { runNotebooks } from "./notebooks/run_all.ts";

const HELP =
  `Runs notebooks in fresh kernels, without a browser, and shows what failed.

  deno task notebooks [NN …] [options]

  NN …          numbers such as 04, or paths; all notebooks if none is given
  --write       save the outputs of the notebooks that pass
  --solutions   put the solutions into the exercises from the start
  --check       read the notebooks instead of running them: types, lint,
                format, metadata, saved outputs, the README's table
  --index       write notebooks/errors.md, which leads from errors' texts to cells,
                and notebooks/claims.json, with every claim; --write does so, too
  --restart     restart each kernel half-way, then run from the top
  --repeat N    run each notebook N times (1)
  --jobs N      run N notebooks side by side (number of cores)
  --timeout S   the longest that a cell may take, in seconds (120)

Without --solutions each exercise's check must say "not yet" for the stub and
"solved" for the solution. A broker must answer: deno task kafka up. Notebooks
on the cluster of three brokers run one after another, beside the rest, and so do
those on PostgreSQL and Connect; what is started for them is stopped afterwards.`;

interface Command {
  choices: (string | number)[];
  write: boolean;
  solutions: boolean;
  check: boolean;
  index: boolean;
  restart: boolean;
  repeat: number;
  jobs: number;
  cellTimeoutMs: number;
}

function readCommand(args: string[]): Command | undefined {
  const options = parseArgs(args, {
    boolean: ["write", "solutions", "check", "index", "restart", "help"],
    string: ["_", "repeat", "jobs", "timeout"],
    alias: { h: "help" },
    unknown: refuseUnknown("notebooks", { takesArguments: true }),
  });
  if (options.help) {
    return;
  }
  if (options.write && (options.solutions || options.check)) {
    throw new UsageError(
      "Cannot write with --solutions or --check as only what a learner sees is saved: use --write without them",
    );
  }
  const number = (name: "repeat" | "jobs" | "timeout", otherwise: number) => {
    const text = options[name];
    const value = text === undefined ? otherwise : Number(text);
    if (!Number.isInteger(value) || value < 1) {
      throw new UsageError(
        `Cannot run notebooks as --${name} must be a positive integer: current value is ${text}`,
      );
    }
    return value;
  };
  const { write, solutions, check, index, restart } = options;
  return {
    choices: options._,
    write,
    solutions,
    check,
    index,
    restart,
    repeat: number("repeat", 1),
    jobs: number("jobs", navigator.hardwareConcurrency),
    cellTimeoutMs: number("timeout", 120) * 1000,
  };
}

async function run(paths: string[], command: Command): Promise<number> {
  // Ctrl-C ends the kernels, too, before this process ends.
  const stop = new AbortController();
  const onSignal = () =>
    stop.abort(new TaskError("Stopped: all kernels are ended"));
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  try {
    await using _services = await servicesAsTheyWere();
    await using _cluster = await clusterFor(paths);
    using watcher = new ProgressPrinter();
    const runs = await runNotebooks(paths, {
      ...command,
      watcher,
      signal: stop.signal,
    });
    if (command.write) await writeIndex(`${PROJECT_FOLDER}/notebooks`);
    const items = runs.flatMap((run) => run.items);
    const failed = items.filter(({ failure }) => failure).length;
    console.log(`${items.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    Deno.removeSignalListener("SIGINT", onSignal);
    Deno.removeSignalListener("SIGTERM", onSignal);
  }
}

async function check(paths: string[], command: Command): Promise<number> {
  const results = [
    ...await checkNotebooks(paths),
    ...(command.choices.length === 0 ? await checkCollection() : []),
  ];
  for (const { title, problems } of results) {
    console.log(`${problems.length === 0 ? "passed" : "failed"}  ${title}`);
    for (const problem of problems) {
      console.log(`  ${formatProblem(problem).replaceAll("\n", "\n    ")}`);
    }
  }
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function main(args: string[]): Promise<number> {
  const command = readCommand(args);
  if (command === undefined) {
    console.log(HELP);
    return 0;
  }
  if (command.index) {
    await writeIndex(`${PROJECT_FOLDER}/notebooks`);
    return 0;
  }
  const paths = await chooseNotebooks(command.choices);
  return await (command.check ? check : run)(paths, command);
}

if (import.meta.main) await runCommand(main);
