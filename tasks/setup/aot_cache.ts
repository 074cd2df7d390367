import { InterruptedError } from "lib/client/interrupt.ts";
import { KAFKA_FOLDER } from "./paths.ts";
import type { Report } from "./progress.ts";
import { pythonStamp } from "./python_tools.ts";
import { jarsStamp } from "./kafka_jars.ts";
import { fingerprint, readIfThere } from "lib/brokers/jars/stamp.ts";

const STAMP = `${KAFKA_FOLDER}/aot.stamp`;

/** Whether the AOT cache was made, or found impossible, for this Java and these jars. */
export function aotCacheIsThere(): boolean {
  return readIfThere(STAMP) === stamp();
}

/** Makes the AOT cache. Kafka runs without it, a second slower to start, so a failure ends nothing. */
export async function makeCache(report: Report): Promise<string | void> {
  // Loaded here: a start that installs nothing has no use for it.
  const { makeAotCache } = await import("lib/brokers/local/make_aot_cache.ts");
  report("running a broker once");
  let remark: string | undefined;
  try {
    await makeAotCache();
  } catch (error) {
    // Whoever ended it did not mean that it is impossible.
    if (error instanceof InterruptedError) throw error;
    remark = `left out, as ${(error as Error).message}`;
  }
  // Written also where it failed once: it is not worth a try at every start.
  Deno.writeTextFileSync(STAMP, stamp());
  return remark;
}

function stamp(): string {
  return fingerprint(pythonStamp(), jarsStamp());
}
