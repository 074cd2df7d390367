// deno task clients: see HELP.
import { fileURLToPath } from "node:url";
import { parseArgs } from "@std/cli/parse-args";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { loadClients } from "lib/experiment/clients/load_clients.ts";
import { engineFolders } from "lib/brokers/engine_folders.ts";
import { findRuntime } from "lib/brokers/local/kafka_runtime.ts";
import { refuseUnknown, runCommand, UsageError } from "../command.ts";
import {
  type ClientReport,
  type ClientResult,
  countOutcomes,
  reportPage,
} from "./clients/client_report.ts";
import { EXPERIMENTS } from "./clients/experiments.ts";
import { installNodeClients } from "./clients/install_node_clients.ts";
import { openLab } from "./clients/open_lab.ts";

const HELP =
  `Puts every Kafka client through the same faults, several times over.

  deno task clients [options]

  --runs N     how often (default 5; a run takes about a minute)
  --only TEXT  only experiments whose name contains TEXT; prints, saves nothing

Prints what came out, and saves it as notebooks/clients.json and clients.md. Two
clients that Deno cannot load run on Node.js, where npm can install them: what it
has to build, it builds once, in minutes.
It needs a broker: 'deno task kafka up' starts one.`;

async function main(args: string[]): Promise<number> {
  const { help, runs: wanted, only } = parseArgs(args, {
    boolean: ["help"],
    string: ["runs", "only"],
    default: { runs: "5" },
    unknown: refuseUnknown("clients"),
  });
  if (help) {
    console.log(HELP);
    return 0;
  }
  const runs = Number(wanted);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new UsageError(
      `Cannot run 'clients' with --runs ${wanted} as it must be a whole number from 1.`,
    );
  }
  const report = await measure(runs, only ?? "");
  const page = reportPage(report);
  console.log(page);
  if (only === undefined) {
    const notebooks = new URL("../../notebooks/", import.meta.url);
    const json = `${JSON.stringify(report, null, 2)}\n`;
    await Deno.writeTextFile(new URL("clients.json", notebooks), json);
    const file = new URL("clients.md", notebooks);
    await Deno.writeTextFile(file, page);
    await new Deno.Command(Deno.execPath(), {
      args: ["fmt", "--quiet", fileURLToPath(file)],
    }).output();
  }
  return 0;
}

async function measure(runs: number, only: string): Promise<ClientReport> {
  const kafka = kafkaClient();
  const loaded = await loadClients();
  const onNode = await installNodeClients();
  const clients = [...loaded.clients, ...onNode.clients];
  const results: ClientResult[] = [];
  for (const { name, settings, run } of EXPERIMENTS) {
    if (!name.includes(only)) continue;
    const rows = clients.flatMap((client) =>
      settings.map((setting) => ({ client, setting, seen: [] as string[] }))
    );
    for (let round = 1; round <= runs; round++) {
      console.error(`${name}: run ${round} of ${runs}`);
      await using lab = openLab(kafka);
      await Promise.all(rows.map(async ({ client, setting, seen }) => {
        const outcome = await run(lab, client, setting === "safe");
        if (outcome !== undefined) seen.push(outcome);
      }));
    }
    for (const { client, setting, seen } of rows) {
      if (seen.length === 0) continue;
      const outcomes = countOutcomes(seen);
      results.push({
        experiment: name,
        setting,
        client: client.name,
        outcomes,
      });
    }
  }
  return {
    form: 1,
    date: new Date().toISOString().slice(0, 10),
    kafka: findRuntime(engineFolders()).jars.kafkaVersion,
    deno: Deno.version.deno,
    system: `${Deno.build.os} ${Deno.build.arch}`,
    runs,
    clients: clients.map(({ name, version, spawn }) => ({
      ...{ name, version },
      runs_on: spawn
        ? `Node.js ${onNode.nodeVersion}`
        : `Deno ${Deno.version.deno}`,
    })),
    results,
    left_out: [...loaded.skipped, ...onNode.skipped],
  };
}

if (import.meta.main) await runCommand(main);
