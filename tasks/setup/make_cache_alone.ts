// Makes the AOT cache and says nothing: lab runs this beside a reader's first minutes.
import { interrupt, InterruptedError } from "lib/client/interrupt.ts";
import { makeCache } from "./aot_cache.ts";
import { withLock } from "./lock.ts";

// Ctrl-C reaches this process from the terminal and from lab: the first ends its broker, and a second
// must not keep it from waiting for that.
let isEnding = false;
for (const name of ["SIGINT", "SIGTERM"] as const) {
  if (Deno.build.os === "windows" && name !== "SIGINT") continue;
  Deno.addSignalListener(name, () => {
    if (!isEnding) interrupt();
    isEnding = true;
  });
}

try {
  await withLock(async () => void await makeCache(() => {}));
} catch (error) {
  if (!(error instanceof InterruptedError)) throw error;
}
Deno.exit(0);
