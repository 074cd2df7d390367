import type { Engine } from "lib/brokers/engine.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { runningCluster } from "../running_cluster.ts";
import { isRunnable, readNotebook, textOf } from "./document.ts";

/** Whether a notebook works with the cluster of three brokers: it opens it. */
export async function needsCluster(path: string): Promise<boolean> {
  const { cells } = await readNotebook(path);
  return cells.some((cell) =>
    isRunnable(cell) && /\bopenClusterNotebook\(/.test(textOf(cell.source))
  );
}

/** Whether a notebook works with PostgreSQL or Connect, of which there is one for all. */
export async function needsServices(path: string): Promise<boolean> {
  const { cells } = await readNotebook(path);
  return cells.some((cell) =>
    isRunnable(cell) && /\bopen(Postgres|Connect)\(/.test(textOf(cell.source))
  );
}

/**
 * Sees to it that the cluster runs if one of these notebooks needs it, and
 * ends it afterwards if it did not run before.
 */
export async function clusterFor(
  paths: string[],
  findOne: () => Promise<Engine> = findEngine,
): Promise<AsyncDisposable> {
  const nothing = { async [Symbol.asyncDispose]() {} };
  const needs = await Promise.all(paths.map(needsCluster));
  if (!needs.includes(true)) return nothing;
  return await runningCluster(await findOne());
}
