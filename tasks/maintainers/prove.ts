// deno task prove: see HELP.
import { parseArgs } from "@std/cli/parse-args";
import { findOrStartBroker, stopBroker } from "../broker.ts";
import { refuseUnknown, runCommand, TaskError } from "../command.ts";
import {
  clusterFor,
  needsCluster,
  needsServices,
} from "../notebooks/cluster.ts";
import { servicesAsTheyWere, servicesForOneself } from "../shared_services.ts";
import { chooseNotebooks, notebookName } from "../notebooks/document.ts";
import { loadProofs } from "./prove/load_proofs.ts";
import { type Proof, proveNotebook } from "./prove/prove_notebook.ts";

const HELP =
  `Shows that what the notebooks say can fail: turns the settings that claims lean
on the wrong way, and gives each exercise wrong answers and right ones.

  deno task prove [NN …]

Each notebook's wrong settings and answers are in tests/proofs/NN.ts. Brokers are
started if they do not run, and then stopped.`;

/** How many notebooks run at a time, of which one may be on the cluster. */
const LANES = 3;

async function main(args: string[]): Promise<number> {
  const options = parseArgs(args, {
    boolean: ["help"],
    string: ["_"],
    alias: { h: "help" },
    unknown: refuseUnknown("prove", { takesArguments: true }),
  });
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const paths = await chooseNotebooks(options._);
  // Ctrl-C ends the kernels and the brokers, too, before this process ends.
  const stop = new AbortController();
  const onSignal = () => stop.abort(new TaskError("Stopped before the end."));
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, onSignal);
  }
  const broker = await findOrStartBroker("auto");
  let proofs: Proof[];
  try {
    proofs = await prove(paths, stop.signal);
  } finally {
    await stopBroker(broker);
  }
  // The counts are the last line, after whatever stopping the broker says.
  const failed = proofs.filter(({ problem }) => problem !== undefined).length;
  console.log(`${proofs.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function prove(paths: string[], signal: AbortSignal): Promise<Proof[]> {
  await using _services = await servicesAsTheyWere();
  await using _cluster = await clusterFor(paths);
  const onCluster: string[] = [];
  const onServices: string[] = [];
  const others: string[] = [];
  for (const path of paths) {
    if (await needsCluster(path)) onCluster.push(path);
    else (await needsServices(path) ? onServices : others).push(path);
  }
  const proofs: Proof[] = [];
  const note = (proof: Proof) => {
    proofs.push(proof);
    const { title, problem } = proof;
    console.log(`${problem === undefined ? "passed" : "failed"}  ${title}`);
    if (problem) console.log(`  ${problem.replaceAll("\n", "\n    ")}`);
  };
  const work = async (queue: string[]) => {
    for (let path = queue.shift(); path; path = queue.shift()) {
      // The row of those on services has them already.
      using _services = queue === onCluster && await needsServices(path)
        ? await servicesForOneself(signal)
        : undefined;
      const number = notebookName(path).slice(0, 2);
      await proveNotebook(path, await loadProofs(number), note, signal);
    }
  };
  const rows = [onCluster, onServices].filter(({ length }) => length > 0);
  const workOnServices = async () => {
    if (onServices.length === 0) return;
    using _services = await servicesForOneself(signal);
    await work(onServices);
  };
  const ends = await Promise.allSettled([
    work(onCluster),
    workOnServices(),
    ...Array.from({ length: LANES - rows.length }, () => work(others)),
  ]);
  for (const end of ends) {
    if (end.status === "rejected") throw end.reason;
  }
  return proofs;
}

if (import.meta.main) await runCommand(main);
