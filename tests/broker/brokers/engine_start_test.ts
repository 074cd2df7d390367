import { assertEquals, assertRejects } from "@std/assert";
import { aotCachePath } from "lib/brokers/local/aot_cache.ts";
import { engineFolders } from "lib/brokers/engine_folders.ts";
import type { Engine, EngineOptions } from "lib/brokers/engine.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { findRuntime } from "lib/brokers/local/kafka_runtime.ts";
import { localEngine } from "lib/brokers/local/local_engine.ts";
import { hasAotCache } from "lib/brokers/local/make_aot_cache.ts";
import { type OwnBrokers, withOwnBrokers } from "../_own_brokers.ts";

const ready = findRuntime(engineFolders());
const without = ready.aotCache === undefined;
if (without) {
  console.log(
    "Not tested, the AOT cache: 'deno task setup' has made none here",
  );
}

Deno.test({
  name: "up() starts the broker out of the AOT cache of set-up",
  ignore: without,
  fn: () =>
    withOwnBrokers(async (own) => {
      // In this mode a JVM ends where it cannot use its cache; by default it goes on without.
      own.edit((text) =>
        text.replace(
          "      KAFKA_NODE_ID: 1\n",
          "      KAFKA_NODE_ID: 1\n      KAFKA_OPTS: -XX:AOTMode=on\n",
        )
      );
      await own.engine.up();
      assertEquals(await stateOf(own.engine), "running");
      await own.engine.down();

      for (const options of [withoutCache(own), withBrokenCache(own)]) {
        await assertRejects(
          () => localEngine(options).up(),
          EngineError,
          "Cannot start 'kafka': Error occurred during initialization of VM",
        );
      }
    }),
});

Deno.test({
  name: "up() starts the broker where there is no AOT cache, or a broken one",
  ignore: without,
  fn: () =>
    withOwnBrokers(async (own) => {
      for (const options of [withoutCache(own), withBrokenCache(own)]) {
        const engine = localEngine(options);
        await engine.up();
        assertEquals(await stateOf(engine), "running");
        await engine.down();
      }
    }),
});

function withoutCache({ options, stateFolder }: OwnBrokers): EngineOptions {
  const plain = { ...options, aotFolder: `${stateFolder}/no-aot` };
  assertEquals(hasAotCache(plain), false);
  return plain;
}

function withBrokenCache({ options, stateFolder }: OwnBrokers): EngineOptions {
  const broken = { ...options, aotFolder: `${stateFolder}/broken-aot` };
  const folders = engineFolders(broken);
  const { java, jars } = findRuntime(folders);
  Deno.mkdirSync(folders.aot, { recursive: true });
  Deno.writeTextFileSync(aotCachePath(folders.aot, java, jars), "not a cache");
  assertEquals(hasAotCache(broken), true);
  return broken;
}

async function stateOf(engine: Engine) {
  const [status] = await engine.status({ services: ["kafka"] });
  return status?.state;
}
