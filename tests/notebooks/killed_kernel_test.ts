// A kernel that is killed while its notebook has broken the cluster; the brokers are the test's own.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { logLevel } from "kafkajs";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { topicExists } from "lib/admin/topic.ts";
import { type OwnBrokers, withOwnBrokers } from "../broker/_own_brokers.ts";
import { textOf } from "../../tasks/notebooks/document.ts";
import { KernelSession } from "../../tasks/notebooks/kernel_session.ts";
import { listProcesses, signal } from "../../tasks/process_list.ts";
import { NotebookFolder } from "./_temporary_notebook.ts";

const CELL_MS = 120_000;

/** A first cell as notebooks have it; it prints what was repaired. */
function opening({ options }: OwnBrokers): string {
  return `
import { openClusterNotebook } from "lib/notebook/cluster_notebook.ts";

Deno.env.set("KAFKA_ENGINE", "local");
const notebook = await openClusterNotebook("97", ${JSON.stringify(options)});
const { cluster } = notebook;`;
}

/** Breaks two of three brokers, tells which, and stays there. */
const BREAKING = `
const torn = await notebook.topic("torn", { partitions: 1, replicationFactor: 3 });
const leader = await cluster.untilLeader(torn);
const producer = await notebook.use(notebook.kafka.producer());
await producer.send({ topic: torn, messages: [{ value: "kept" }] });
const [frozen, spared] = cluster.brokers.filter((id) => id !== leader);
await cluster.freeze(frozen!);
await cluster.kill(leader);
console.log(JSON.stringify({ torn, leader, frozen, spared }));`;

const STAYING = `
import { pause } from "lib/client/interrupt.ts";
await pause(60_000);`;

/** Runs cells, and returns the lines that the last of them printed. */
async function linesOf(session: KernelSession, ...cells: string[]) {
  let lines: string[] = [];
  for (const cell of cells) {
    const run = await session.execute(cell, { timeoutMs: CELL_MS });
    assertEquals(run.status, "ok", run.message);
    lines = run.outputs.map(({ text }) => textOf(text)).join("").trim()
      .split("\n");
  }
  return lines;
}

/** Runs a notebook into its fault, and kills the kernel with all of its group. */
async function killInTheMiddle(
  own: OwnBrokers,
  folder: string,
  { watched }: { watched: boolean },
) {
  await using session = await KernelSession.start({ folder });
  const line = (await linesOf(session, opening(own), BREAKING)).at(-1);
  if (!watched) await killWatch(own);
  const staying = session.execute(STAYING, { timeoutMs: CELL_MS });
  await new Promise((resolve) => setTimeout(resolve, 300));
  Deno.kill(-session.pid, "SIGKILL");
  assertEquals((await staying).status, "died");
  return JSON.parse(line!) as Record<"leader" | "frozen" | "spared", number> & {
    torn: string;
  };
}

/** Ends what repairs a cluster whose kernel is gone, as a machine that runs out of memory may. */
async function killWatch({ stateFolder }: OwnBrokers) {
  const watches = (await listProcesses()).filter(({ command }) =>
    command.includes("cluster_repair.ts") && command.includes(stateFolder)
  );
  assert(watches.length > 0, "nobody watches");
  for (const { pid } of watches) signal(pid, "SIGKILL");
}

async function pidsOf({ engine }: OwnBrokers): Promise<Map<string, number>> {
  const nodes = await engine.status({ cluster: true });
  assertEquals(nodes.map(({ state }) => state), nodes.map(() => "running"));
  return new Map(nodes.map(({ service, pid }) => [service, pid!]));
}

Deno.test("openClusterNotebook() finds a whole cluster, or says what it repairs, after a kernel was killed in the middle of a fault", (t) =>
  withOwnBrokers(async (own) => {
    await using folder = await NotebookFolder.make();
    await own.engine.up({ cluster: true });
    const next = async () => {
      await using session = await KernelSession.start({ folder: folder.path });
      const lines = await linesOf(session, opening(own));
      const after = await pidsOf(own);
      const rest = await linesOf(session, "await notebook.close();");
      // Lines of KafkaJS's may stand beside them.
      const line = lines.find((line) => line.startsWith("The cluster is"))!;
      return { line, after, closing: rest.join("\n") };
    };
    const kafka = kafkaClient({
      brokers: own.engine.addresses({ cluster: true }),
      ...{ ssl: false, sasl: undefined, logLevel: logLevel.NOTHING },
    });

    const step = async (name: string, work: () => Promise<void>) => {
      assert(await t.step(name, work), name);
    };
    await step("where nobody else repairs it, it says so", async () => {
      const before = await pidsOf(own);
      const { torn, leader, frozen, spared } = await killInTheMiddle(
        own,
        folder.path,
        { watched: false },
      );
      const states = await own.engine.status({ cluster: true });
      assertEquals(
        states.filter(({ state }) => state !== "running").length,
        2,
        "they are broken still",
      );
      const { line, after } = await next();
      assertEquals(
        line,
        `The cluster is ready: ${
          [
            `kafka-${leader} was killed: started again`,
            `kafka-${frozen} was frozen: thawed`,
          ].sort().join("; ")
        }.`,
      );
      for (const node of ["controller", `kafka-${frozen}`, `kafka-${spared}`]) {
        assertEquals(after.get(node), before.get(node), `${node} lives on`);
      }
      assertEquals(await topicExists(kafka, torn), false);
    });

    await t.step(
      "where another process repairs it, both together do",
      async () => {
        const { torn } = await killInTheMiddle(own, folder.path, {
          watched: true,
        });
        const { line, closing } = await next();
        assertMatch(line, /^The cluster is ready(: kafka-.*)?\.$/);
        assertMatch(closing, /^Notebook 97 is closed/m);
        await pidsOf(own);
        assertEquals(await topicExists(kafka, torn), false);
      },
    );
  }));
