import { assertEquals } from "@std/assert";
import type { Engine } from "lib/brokers/engine.ts";
import { clusterFor, needsCluster } from "../../tasks/notebooks/cluster.ts";
import { runNotebooks } from "../../tasks/notebooks/run_all.ts";
import { code, markdown, NotebookFolder } from "./_temporary_notebook.ts";

/** Opens no cluster, though it says so. */
const SAYS_SO = "// await openClusterNotebook(";

const ON_SERVICES = "// await openConnect(notebook);";
const onCluster = [code(`${SAYS_SO}"97");\n"a cell";`)];

Deno.test("needsCluster() is told by what code calls, not by what text says", async () => {
  await using folder = await NotebookFolder.make();
  const answers = [
    await folder.write("97_on_cluster", onCluster),
    await folder.write("98_alone", [markdown(`It calls ${SAYS_SO}`)]),
  ].map(needsCluster);
  assertEquals(await Promise.all(answers), [true, false]);
});

/** Which notebooks run at once, as one starts. */
async function runTogether(paths: string[], jobs: number): Promise<string[]> {
  const running = new Set<string>();
  const together: string[] = [];
  await runNotebooks(paths, {
    jobs,
    services: () => Promise.resolve({ [Symbol.dispose]() {} }),
    watcher: {
      onStart(title) {
        running.add(title);
        together.push([...running].sort().join(" "));
      },
      onEnd: (title) => void running.delete(title),
    },
  });
  return together;
}

Deno.test("runNotebooks() runs notebooks on the cluster one after another, and others beside them", async () => {
  await using folder = await NotebookFolder.make();
  const together = await runTogether([
    await folder.write("94_alone", [code('"a cell";')]),
    await folder.write("95_on_cluster", onCluster),
    await folder.write("96_on_cluster", onCluster),
    await folder.write("97_on_cluster", onCluster),
  ], 4);
  assertEquals(
    together.filter((titles) => /cluster.*cluster/.test(titles)),
    [],
  );
  assertEquals(together.length, 4);
  assertEquals(together.includes("94_alone 95_on_cluster"), true);
});

Deno.test("runNotebooks() runs one on the cluster and on services beside none of either", async () => {
  await using folder = await NotebookFolder.make();
  const together = await runTogether([
    await folder.write("95_on_cluster", onCluster),
    await folder.write("96_on_cluster_and_on_services", [
      ...onCluster,
      code(ON_SERVICES),
    ]),
    await folder.write("97_on_services", [code(ON_SERVICES)]),
  ], 4);
  assertEquals(together.length, 3);
  assertEquals(
    together.filter((titles) =>
      /cluster.*cluster|services.*services/.test(titles)
    ),
    [],
  );
});

Deno.test("clusterFor() asks for no engine where no notebook needs the cluster", async () => {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("98_alone", [code('"a cell";')]);
  const none = () => Promise.reject<Engine>(new Error("asked for an engine"));
  await using _cluster = await clusterFor([path], none);
});
