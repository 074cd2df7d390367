// Runs on Node.js, bundled: a client that Deno cannot load, for experiments that run on Deno. It ends
// with its standard input.
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { createInterface } from "node:readline";
import { runClientProcess } from "lib/experiment/clients/run_client_process.ts";
import type {
  OpenTransaction,
  Sender,
  TestedClient,
} from "lib/experiment/clients/tested_client.ts";
import { confluentClient } from "./confluent.ts";
import {
  NODE_CLIENTS,
  type NodeAnswer,
  type NodeClientName,
  type NodeProgramSettings,
  type NodeRequest,
} from "./protocol.ts";
import { rdkafkaClient } from "./rdkafka.ts";

const settings: NodeProgramSettings = JSON.parse(process.argv[2]!);
const client = load(settings.client, settings.folder);
// A client's own background work may fail; what counts is answered.
process.on("unhandledRejection", () => {});
if ("process" in settings.job) {
  await runClientProcess(client, settings.job.process);
} else {
  await serve(client, settings.job);
}

function load(name: NodeClientName, folder: string): TestedClient {
  const loaded = createRequire(`${folder}/package.json`)(name);
  const { version } = NODE_CLIENTS.find((each) => each.name === name)!;
  return name === "node-rdkafka"
    ? rdkafkaClient(loaded, version)
    : confluentClient(loaded, version);
}

async function serve(
  client: TestedClient,
  job: Exclude<NodeProgramSettings["job"], { process: unknown }>,
) {
  const handled = new Map<number, () => void>();
  let transaction: OpenTransaction | undefined;
  const made = await make(client, job, handled);
  tell({ ready: true });
  const answer = async (request: Exclude<NodeRequest, { handled: number }>) => {
    switch (request.call) {
      case "send":
        return await (transaction ?? made as Sender).send(request.record);
      case "begin":
        transaction = await made.begin?.();
        return;
      case "commit":
        return await transaction?.commit();
      case "close":
        return await made.close();
    }
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const request: NodeRequest = JSON.parse(line);
    if ("handled" in request) {
      handled.get(request.handled)?.();
      handled.delete(request.handled);
      continue;
    }
    const { id } = request;
    // Not awaited: several sends may be under way.
    answer(request).then(
      () => tell({ id }),
      (error) => tell({ id, error: String(error?.message ?? error) }),
    );
  }
  process.exit(0);
}

async function make(
  client: TestedClient,
  job: Exclude<NodeProgramSettings["job"], { process: unknown }>,
  handled: Map<number, () => void>,
): Promise<{
  begin?(): Promise<OpenTransaction>;
  close(): Promise<unknown>;
}> {
  if ("sender" in job) return await client.sender(job.sender);
  if ("transactions" in job) {
    return await client.transactions!(job.transactions);
  }
  let records = 0;
  return await client.reader({
    ...job.reader,
    handle: ({ partition, value }) =>
      new Promise((resolve) => {
        const record = ++records;
        handled.set(record, resolve);
        tell({ record, partition, value });
      }),
    onEnd: (error) => tell({ ended: String(error) }),
  });
}

function tell(answer: NodeAnswer): void {
  const line = new TextEncoder().encode(`${JSON.stringify(answer)}\n`);
  for (let at = 0; at < line.length;) at += writeSync(1, line, at);
}
