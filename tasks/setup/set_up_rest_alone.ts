// Sets up what a reader's first minutes do without, and says nothing: lab runs this beside them.
import { interrupt, InterruptedError, pause } from "lib/client/interrupt.ts";
import { aotCacheIsThere, makeCache } from "./aot_cache.ts";
import { withLock } from "./lock.ts";
import { fetchPackages, packagesAreThere } from "./packages.ts";

/** The first cells of a reader come first. */
const PAUSE_MS = 20_000;

const silence = () => {};

// Ctrl-C reaches this process from the terminal and from lab: the first ends its broker, and a second
// must not keep it from waiting for that.
let isEnding = false;
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  if (Deno.build.os === "windows" && name !== "SIGINT") continue;
  Deno.addSignalListener(name, () => {
    if (!isEnding) interrupt();
    isEnding = true;
  });
}

try {
  // Without a network a later notebook fetches what it imports, or says that it cannot.
  if (!packagesAreThere()) {
    await withLock(() => fetchPackages(silence)).catch(unlessInterrupted);
  }
  if (!aotCacheIsThere()) {
    await pause(PAUSE_MS);
    await withLock(async () => void await makeCache(silence));
  }
} catch (error) {
  if (!(error instanceof InterruptedError)) throw error;
}
Deno.exit(0);

function unlessInterrupted(error: unknown): void {
  if (error instanceof InterruptedError) throw error;
}
