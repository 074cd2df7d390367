import { benchCommand } from "./bench_command.ts";
import { cluster, oneBroker } from "./broker_start.ts";
import { coldStart } from "./cold_start.ts";
import { jupyterLab } from "./jupyterlab_start.ts";
import { notebooks } from "./notebook_times.ts";
import { services } from "./services_start.ts";
import { taskStart } from "./task_start.ts";

/** Runs `deno task bench start` with its arguments; returns the exit code. */
export const benchStart = benchCommand({
  name: "start",
  summary: "how long everything takes to start, and what memory brokers take",
  details:
    `It runs brokers and JupyterLab of its own beside yours, on free ports, and
leaves nothing behind; for the cold start they are those of a clone of the last
commit, for which everything is fetched anew. A notebook that needs the cluster
uses the project's.`,
  rounds: 3,
  measurements: [
    oneBroker,
    cluster,
    services,
    coldStart,
    jupyterLab,
    notebooks,
    taskStart,
  ],
});
