// A notebook as learners run it, against the broker at KAFKA_BROKERS.
import { PATIENCE_MS } from "../_patience.ts";
import { assertEquals } from "@std/assert";
import { withAdmin } from "lib/admin/with_admin.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import type { NotebookRun } from "../../tasks/notebooks/run.ts";
import { runNotebooks } from "../../tasks/notebooks/run_all.ts";
import {
  code,
  exercise,
  markdown,
  NotebookFolder,
} from "./_temporary_notebook.ts";

const base = `runner-${crypto.randomUUID().slice(0, 8)}`;

const cells = [
  markdown("# Twelve records"),
  code(`import { openNotebook } from "lib/notebook/notebook.ts";
import { claim } from "lib/notebook/claim.ts";
import { readTopic } from "lib/consumer/read_topic.ts";

const notebook = await openNotebook("98");
const orders = await notebook.topic("${base}", { partitions: 3 });`),
  code(`const producer = await notebook.use(notebook.kafka.producer());
await producer.send({
  topic: orders,
  messages: Array.from({ length: 12 }, (_, i) => ({ value: String(i) })),
});`),
  code(`const records = await readTopic(notebook.kafka, orders);
claim("90/case", "every record is there, once", records.length, 12);`),
  ...exercise("answer"),
  code("await notebook.close();"),
];

function failures(runs: NotebookRun[]): string[] {
  return runs.flatMap(({ items }) =>
    items.flatMap(({ failure }) => failure?.reason ?? [])
  );
}

async function topicsLeft(): Promise<string[]> {
  const topics = await withAdmin(
    kafkaClient(),
    (admin) => admin.listTopics(),
  );
  return topics.filter((topic) => topic.includes(base));
}

Deno.test("runNotebooks() runs a notebook twice in a row beside another one, and nothing is left on the broker", async () => {
  await using folder = await NotebookFolder.make();
  const runs = await runNotebooks(
    [await folder.write("98_one", cells), await folder.write("99_two", cells)],
    { repeat: 2, jobs: 2, cellTimeoutMs: PATIENCE_MS },
  );
  assertEquals(failures(runs), []);
  assertEquals(runs.flatMap(({ items }) => items).length, 4 * 3);
  assertEquals(await topicsLeft(), []);
});

Deno.test("runNotebooks() runs a notebook after a restart of its kernel in the middle, and its solutions", async () => {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("98_one", cells);
  const options = { cellTimeoutMs: PATIENCE_MS };
  assertEquals(
    failures(await runNotebooks([path], { ...options, restart: true })),
    [],
  );
  assertEquals(
    failures(await runNotebooks([path], { ...options, solutions: true })),
    [],
  );
  assertEquals(await topicsLeft(), []);
});
