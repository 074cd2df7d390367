import { aotCacheIsThere, makeCache } from "./aot_cache.ts";
import { installKafkaJars, kafkaJarsAreThere } from "./kafka_jars.ts";
import { kernelspecIsThere, writeKernelspec } from "./kernelspec.ts";
import { withLock } from "./lock.ts";
import {
  fetchPackages,
  fetchStartPackages,
  packagesAreThere,
  startPackagesAreThere,
} from "./packages.ts";
import { type Report, showStep } from "./progress.ts";
import { installPythonTools, pythonToolsAreThere } from "./python_tools.ts";

/** One thing that is installed. */
interface Step {
  title: string;
  isDone: () => boolean;
  /** May return a remark for the person. */
  run: (report: Report) => Promise<string | void>;
}

const PYTHON: Step = {
  title: "Python tools and a JRE, in .venv",
  isDone: pythonToolsAreThere,
  run: installPythonTools,
};

const KERNEL: Step = {
  title: "Deno kernel for JupyterLab, in .venv",
  isDone: kernelspecIsThere,
  run: () => Promise.resolve(writeKernelspec()),
};

const JARS: Step = {
  title: "Kafka's jars, in .kafka",
  isDone: kafkaJarsAreThere,
  run: installKafkaJars,
};

const START_PACKAGES: Step = {
  title: "first npm packages, in Deno's cache",
  isDone: startPackagesAreThere,
  run: fetchStartPackages,
};

const PACKAGES: Step = {
  title: "npm packages, in Deno's cache",
  isDone: packagesAreThere,
  run: fetchPackages,
};

const CACHE: Step = {
  title: "AOT cache for a faster broker, in .kafka",
  isDone: aotCacheIsThere,
  run: makeCache,
};

/** The steps in their order; those of one row run side by side, as they wait for a network. */
const ROWS = [[PYTHON], [KERNEL], [JARS, PACKAGES], [CACHE]];

/** Without what nobody waits for in the first minutes. */
const START_ROWS = [[PYTHON], [KERNEL], [JARS, START_PACKAGES]];

/** Whether {@linkcode setUp} has nothing to do. */
export function isSetUp(): boolean {
  return ROWS.flat().every((step) => step.isDone());
}

/**
 * Installs what is missing, and shows how far it is. Where all is there it does nothing.
 *
 * @param options `rest`: whether also what a reader's first minutes do without; true by default.
 */
export async function setUp(
  { rest = true }: { rest?: boolean } = {},
): Promise<void> {
  const rows = rest ? ROWS : START_ROWS;
  if (rows.flat().every((step) => step.isDone())) return;
  const remark = platformRemark();
  if (remark) console.log(remark);
  await withLock(async () => {
    for (const row of rows) await runRow(row.filter((step) => !step.isDone()));
  });
}

/**
 * What a person should know of this platform before anything is fetched.
 *
 * @param os The platform, as Deno names it.
 * @returns Undefined where everything works.
 */
export function platformRemark(
  os: typeof Deno.build.os = Deno.build.os,
): string | undefined {
  if (os !== "windows") return undefined;
  return "On Windows itself, brokers need Docker, and notebooks run on Deno's own kernel, where Run All goes on after Stop and after a cell that fails; under WSL everything is as on Linux. (Neither was tried.)";
}

async function runRow(steps: Step[]): Promise<void> {
  if (steps.length === 0) return;
  await showStep(steps.map(({ title }) => title).join("; "), async (report) => {
    const ends = await Promise.allSettled(steps.map(({ run }) => run(report)));
    const remarks = ends.map((end) => {
      if (end.status === "rejected") throw end.reason;
      return end.value;
    });
    return remarks.filter(Boolean).join("; ") || undefined;
  });
}
