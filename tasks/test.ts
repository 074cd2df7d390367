// deno task test: see HELP.
import { parseArgs } from "@std/cli/parse-args";
import { engineChoice, findOrStartBroker, stopBroker } from "./broker.ts";
import { refuseUnknown, runCommand } from "./command.ts";
import { servicesAsTheyWere } from "./shared_services.ts";
import { setUp } from "./setup/set_up.ts";
import type { Counts } from "./test/counts.ts";
import { partsOfTheTest } from "./test/parts.ts";
import { PartsPrinter } from "./test/parts_printer.ts";
import { runParts } from "./test/run_parts.ts";

const HELP = `Runs every check, test and notebook of this project.

  deno task test [options]

  --engine NAME  what runs the broker: auto, compose (Docker) or local (auto)
  --coverage     also find out how much of lib the tests run: they are slower then

A broker that answers at KAFKA_BROKERS or localhost:9092 is used as it is; else
one is started, and stopped afterwards. The last line is N passed, N failed.`;

/** The tests and the notebooks, which wait most of the time, and beside them one of the short parts. */
const JOBS = 3;

async function main(args: string[]): Promise<number> {
  const options = parseArgs(args, {
    boolean: ["help", "coverage"],
    string: ["engine"],
    default: { engine: "auto" },
    unknown: refuseUnknown("test"),
  });
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const engineName = engineChoice(options.engine);
  await setUp();

  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    if (Deno.build.os === "windows" && name !== "SIGINT") continue;
    Deno.addSignalListener(name, () => stop.abort());
  }
  const broker = await findOrStartBroker(engineName);
  let counts: Counts;
  try {
    await using _services = await servicesAsTheyWere();
    counts = await runAll(options, stop.signal);
  } finally {
    await stopBroker(broker);
  }
  if (stop.signal.aborted) {
    console.log("Stopped before the end.");
    return 130;
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 ? 0 : 1;
}

async function runAll(
  options: { coverage: boolean },
  signal: AbortSignal,
): Promise<Counts> {
  const parts = await partsOfTheTest(options);
  using watcher = new PartsPrinter();
  const results = await runParts(parts, { jobs: JOBS, watcher, signal });
  return {
    passed: results.reduce((sum, result) => sum + result.passed, 0),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
  };
}

if (import.meta.main) await runCommand(main);
