import { assertEquals, assertRejects } from "@std/assert";
import type { ClusterGuard } from "lib/faults/cluster_guard.ts";
import { withCluster } from "lib/notebook/cluster_notebook.ts";
import type { Notebook } from "lib/notebook/notebook.ts";

/** Closes a notebook on a cluster whose restoring ends in some way, and says what was done. */
async function closed(
  restore: () => Promise<string[]>,
): Promise<{ steps: string[]; closing: Promise<void> }> {
  const steps: string[] = [];
  const notebook = {
    close: () => Promise.resolve(void steps.push("notebook closed")),
  } as Partial<Notebook> as Notebook;
  const cluster = {
    restore() {
      steps.push("cluster restored");
      return restore();
    },
  } as Partial<ClusterGuard> as ClusterGuard;
  const closing = withCluster(notebook, cluster).close();
  await closing.catch(() => {});
  return { steps, closing };
}

Deno.test("withCluster() restores the cluster and then closes the notebook", async () => {
  const { steps, closing } = await closed(() => Promise.resolve([]));
  await closing;
  assertEquals(steps, ["cluster restored", "notebook closed"]);
});

Deno.test("withCluster() closes the notebook even if the cluster cannot be restored, and says why that failed", async () => {
  const { steps, closing } = await closed(() =>
    Promise.reject(new Error("broker 2 does not start"))
  );
  await assertRejects(() => closing, Error, "broker 2 does not start");
  assertEquals(steps, ["cluster restored", "notebook closed"]);
});
