import { assert } from "@std/assert";
import { residentMiB } from "../../../../tasks/maintainers/bench/resident_memory.ts";

Deno.test("residentMiB() tells about what Deno says of this process itself", async () => {
  const own = Deno.memoryUsage().rss / 2 ** 20;
  const told = await residentMiB(Deno.pid);
  assert(Math.abs(told - own) < 0.2 * own, `${told} MiB, not ${own}`);
});
