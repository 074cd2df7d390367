import { KAFKA_FOLDER } from "./paths.ts";
import type { Report } from "./progress.ts";
import { pythonStamp } from "./python_tools.ts";
import { jarsStamp } from "./kafka_jars.ts";
import { fingerprint, readIfThere } from "./stamp.ts";

const STAMP = `${KAFKA_FOLDER}/aot.stamp`;

/** Whether the AOT cache was made, or found impossible, for this Java and these jars. */
export function aotCacheIsThere(): boolean {
  return readIfThere(STAMP) === stamp();
}

/** Makes the AOT cache. Without one a broker starts slower, and not otherwise. */
export async function makeCache(report: Report): Promise<void> {
  // Loaded here: a start that installs nothing has no use for it.
  const { makeAotCache } = await import("lib/cluster/make_aot_cache.ts");
  report("running a broker once");
  await makeAotCache();
  Deno.writeTextFileSync(STAMP, stamp());
}

function stamp(): string {
  return fingerprint(pythonStamp(), jarsStamp());
}
