import { aotCacheIsThere, makeCache } from "./aot_cache.ts";
import { installKafkaJars, kafkaJarsAreThere } from "./kafka_jars.ts";
import { kernelspecIsThere, writeKernelspec } from "./kernelspec.ts";
import { withLock } from "./lock.ts";
import { fetchPackages, packagesAreThere } from "./packages.ts";
import { type Report, showStep } from "./progress.ts";
import { installPythonTools, pythonToolsAreThere } from "./python_tools.ts";

interface Step {
  title: string;
  isDone: () => boolean;
  /** May return a remark for the person. */
  run: (report: Report) => Promise<string | void>;
}

const STEPS: Step[] = [
  {
    title: "Python tools and a JRE, in .venv",
    isDone: pythonToolsAreThere,
    run: installPythonTools,
  },
  {
    title: "Deno kernel for JupyterLab, in .venv",
    isDone: kernelspecIsThere,
    run: () => Promise.resolve(writeKernelspec()),
  },
  {
    title: "Kafka's jars, in .kafka",
    isDone: kafkaJarsAreThere,
    run: installKafkaJars,
  },
  {
    title: "npm packages, in Deno's cache",
    isDone: packagesAreThere,
    run: fetchPackages,
  },
  {
    title: "AOT cache for a faster broker, in .kafka",
    isDone: aotCacheIsThere,
    run: makeCache,
  },
];

/** Installs what is missing, and shows how far it is. Where all is there it does nothing. */
export async function setUp(): Promise<void> {
  if (STEPS.every((step) => step.isDone())) return;
  await withLock(async () => {
    for (const step of STEPS) {
      if (!step.isDone()) await showStep(step.title, step.run);
    }
  });
}
