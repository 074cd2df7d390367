/** What a broker's data folder has to belong to. */
export interface DataOwner {
  clusterId: string;
  nodeId: string;
}

/** `fresh` holds nothing yet, `formatted` is ready to be used. */
export type DataFolderState = "fresh" | "formatted";

/** Formatting writes this before `meta.properties`, so it alone is an interrupted format, to be done again. */
const BEFORE_FORMATTED = ["bootstrap.checkpoint", "lost+found"];

/**
 * Looks whether a broker may use a data folder. Nothing is changed.
 *
 * @param folder The folder, which need not exist.
 * @param owner The cluster and node it is for.
 * @returns Its state.
 * @throws {Error} If it belongs to others, or holds records without saying whose; the message is a clause.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const owner = { clusterId: "bGVhcm5pbmcta2Fma2EhIQ", nodeId: "1" };
 *
 * assertEquals(inspectDataFolder("no/such/folder", owner), "fresh");
 * ```
 */
export function inspectDataFolder(
  folder: string,
  owner: DataOwner,
): DataFolderState {
  const names = namesIn(folder);
  if (!names.includes("meta.properties")) {
    const strange = names.find((name) => !BEFORE_FORMATTED.includes(name));
    if (strange === undefined) return "fresh";
    throw new Error(
      `the data folder ${folder} is half formatted: it holds '${strange}' but no meta.properties`,
    );
  }
  const { clusterId, nodeId } = readMeta(`${folder}/meta.properties`);
  if (clusterId !== owner.clusterId) {
    throw new Error(
      `the data folder ${folder} belongs to cluster ${clusterId}, but CLUSTER_ID is ${owner.clusterId}`,
    );
  }
  if (nodeId !== owner.nodeId) {
    throw new Error(
      `the data folder ${folder} belongs to node ${nodeId}, but KAFKA_NODE_ID is ${owner.nodeId}`,
    );
  }
  return "formatted";
}

function readMeta(path: string) {
  const text = Deno.readTextFileSync(path);
  const value = (key: string) =>
    new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1]?.trim() ?? "(none)";
  return { clusterId: value("cluster\\.id"), nodeId: value("node\\.id") };
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
