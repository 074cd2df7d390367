// What another `deno task kafka` does, on a test's own brokers: see own_brokers.ts.
import { localEngine } from "lib/cluster/local_engine.ts";

const [operation, options = "{}"] = Deno.args;
const engine = localEngine(JSON.parse(options));
try {
  const onProgress = (line: string) => console.log(line);
  if (operation === "up") await engine.up({ onProgress });
  if (operation === "down") await engine.down({ onProgress });
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
