import { assert, assertEquals } from "@std/assert";
import { aotCachePath } from "lib/cluster/aot_cache.ts";
import { engineFolders } from "lib/cluster/engine_folders.ts";
import type { EngineOptions } from "lib/cluster/engine.ts";
import { findRuntime } from "lib/cluster/kafka_runtime.ts";
import { localEngine } from "lib/cluster/local_engine.ts";
import { hasAotCache } from "lib/cluster/make_aot_cache.ts";
import { withOwnBrokers } from "./own_brokers.ts";

const ready = findRuntime(engineFolders());
const without = ready.aotCache === undefined;
if (without) {
  console.log(
    "Not tested, the AOT cache: 'deno task setup' has made none here",
  );
}

Deno.test({
  name: "up() is quicker by a quarter at least with the AOT cache of set-up",
  ignore: without,
  fn: () =>
    withOwnBrokers(async ({ options, stateFolder }) => {
      await localEngine(options).up();
      await localEngine(options).down();
      const plain = { ...options, aotFolder: `${stateFolder}/aot` };
      assertEquals(hasAotCache(plain), false);
      const quickMs = await quickestStart(options);
      const plainMs = await quickestStart(plain);
      assert(
        quickMs < 0.75 * plainMs,
        `${quickMs} ms with the cache, ${plainMs} ms without`,
      );
    }),
});

Deno.test({
  name: "up() starts the broker where the AOT cache is broken",
  ignore: without,
  fn: () =>
    withOwnBrokers(async ({ options, stateFolder }) => {
      const plain = { ...options, aotFolder: `${stateFolder}/aot` };
      const { aot } = engineFolders(plain);
      const { java, jars } = findRuntime(engineFolders(plain));
      Deno.mkdirSync(aot, { recursive: true });
      Deno.writeTextFileSync(aotCachePath(aot, java, jars), "not a cache");
      assertEquals(hasAotCache(plain), true);
      const engine = localEngine(plain);
      await engine.up();
      const [status] = await engine.status({ services: ["kafka"] });
      assertEquals(status?.state, "running");
    }),
});

async function quickestStart(options: EngineOptions): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 2; i++) {
    const began = performance.now();
    await localEngine(options).up();
    times.push(Math.round(performance.now() - began));
    await localEngine(options).down();
  }
  return Math.min(...times);
}
