// A consumer in a process of its own that a notebook's kernel starts, against the broker at KAFKA_BROKERS.
import { assert, assertEquals } from "@std/assert";
import { until } from "../_patience.ts";
import { textOf } from "../../tasks/notebooks/document.ts";
import { runNotebook } from "../../tasks/notebooks/run.ts";
import { code, NotebookFolder } from "./_temporary_notebook.ts";

function isAlive(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

Deno.test("ChildConsumer is killed at its record from a notebook, and ends with the notebook's kernel", async () => {
  await using folder = await NotebookFolder.make();
  const run = await runNotebook(
    await folder.write("97_child", [
      code(`import { openNotebook } from "lib/notebook/notebook.ts";
import { ChildConsumer } from "lib/experiment/child_consumer.ts";
const notebook = await openNotebook("97");
const topic = await notebook.topic("child", { partitions: 1 });
const producer = await notebook.use(notebook.kafka.producer());
await producer.send({ topic, messages: ["a", "b", "c"].map((value) => ({ value })) });`),
      code(`const killed = new ChildConsumer({
  topic,
  groupId: notebook.group("killed"),
  commit: "each record",
  killAt: { record: 2, when: "processed" },
  consumerConfig: { sessionTimeout: 6_000 },
});
await killed.connect();
const { signal } = await killed.ended;
console.log(signal, killed.processed.length, killed.committed.length);`),
      code(`const forgotten = new ChildConsumer({
  topic,
  groupId: "forgotten" + crypto.randomUUID(),
  commit: "each record",
});
await forgotten.connect();
console.log(forgotten.pid);`),
    ]),
  );
  assertEquals(run.items.filter(({ failure }) => failure), []);
  const printed = (cell: number) =>
    textOf(run.outputs.get(cell)!.map(({ text }) => text ?? "").flat());
  assertEquals(printed(1).trim(), "SIGKILL 2 1");
  const pid = Number(printed(2));
  assert(pid > 0, printed(2));
  await until(() => !isAlive(pid), { what: "the end of the forgotten child" });
});
