import { TaskError } from "../../command.ts";
import {
  listNotebooks,
  notebookName,
  PROJECT_FOLDER,
} from "../../notebooks/document.ts";
import { runNotebook } from "../../notebooks/run.ts";
import type { Measurement } from "./measurement.ts";

/** Each notebook's run in a fresh kernel, one after another, on a broker that is ready. */
export const notebooks: Measurement = {
  name: "notebooks",
  summary: "each notebook's run, its solutions proved",
  async round({ engine, quantities, signal }) {
    await engine.up();
    // Read by the kernels, and by the tools that their cells start.
    Deno.env.set("KAFKA_BROKERS", engine.addresses().join(","));
    try {
      for (const path of await listNotebooks(`${PROJECT_FOLDER}/notebooks`)) {
        const name = notebookName(path);
        const { items, seconds } = await runNotebook(path, { signal });
        const failed = items.find(({ failure }) => failure);
        if (failed) {
          throw new TaskError(
            `Cannot tell how long notebook ${name} takes as it failed: ${failed.failure?.reason}; 'deno task notebooks ${name}' tells more`,
          );
        }
        quantities.add({
          what: `notebook ${name}`,
          unit: "s",
          goal: { atMost: 60 },
        }, seconds);
      }
    } finally {
      Deno.env.delete("KAFKA_BROKERS");
      await engine.down();
    }
  },
};
