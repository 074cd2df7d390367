import { kafkaClient } from "../../client/kafka_client.ts";
import { createTopic } from "../../admin/topic.ts";
import { until } from "../../client/until.ts";
import { AOT_SINCE, aotCachePath } from "./aot_cache.ts";
import { parseComposeFile } from "../compose/compose_file.ts";
import type { EngineOptions } from "../engine.ts";
import { EngineError } from "../engine_error.ts";
import { engineFolders } from "../engine_folders.ts";
import { isThere } from "../is_there.ts";
import { findRuntime } from "./kafka_runtime.ts";
import { freePorts } from "../ports.ts";
import { serviceFolder } from "./service_record.ts";
import { endProcess } from "./live_service.ts";
import { startBrokers } from "./start_brokers.ts";

/** Writing the cache happens while the JVM ends, and takes some seconds. */
const WRITE_DEADLINE_MS = 120_000;

/**
 * Makes the AOT cache for this machine's Java and jars, which cuts a broker's
 * start to less than half: runs a broker of its own, on free ports and in a
 * folder that is deleted afterwards, and lets the JVM write down what it has
 * loaded. It takes about 10 s and 70 MB, once.
 *
 * @param options Other files and folders than the project's own.
 * @returns "made"; "there" if it fits already; "unsupported" by a Java before 25.
 * @throws {EngineError} If Java or jars are missing, or no cache came out.
 * @throws {InterruptedError} If interrupted meanwhile; the broker has ended then.
 *
 * @example Usage
 * ```ts ignore
 * console.log(await makeAotCache());
 * ```
 */
export async function makeAotCache(
  options: EngineOptions = {},
): Promise<"made" | "there" | "unsupported"> {
  const folders = engineFolders(options);
  const found = findRuntime(folders);
  if (found.java.feature < AOT_SINCE) return "unsupported";
  if (found.aotCache) return "there";

  const path = aotCachePath(folders.aot, found.java, found.jars);
  Deno.mkdirSync(folders.aot, { recursive: true });
  const scratch = Deno.makeTempDirSync({
    dir: folders.aot,
    prefix: "training-",
  });
  try {
    const aside = `${scratch}/kafka.aot`;
    await train(scratch, aside, found);
    Deno.renameSync(aside, path);
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
  removeOthers(folders.aot, path);
  return "made";
}

/**
 * Whether {@linkcode makeAotCache} has nothing to do, or cannot do anything, on this machine.
 *
 * @param options Other folders than the project's own.
 * @returns Whether there is nothing to do.
 * @throws {EngineUnavailableError} If Java or the jars are missing.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(typeof hasAotCache(), "boolean");
 * ```
 */
export function hasAotCache(options: EngineOptions = {}): boolean {
  const { java, aotCache } = findRuntime(engineFolders(options));
  return java.feature < AOT_SINCE || aotCache !== undefined;
}

async function train(
  stateFolder: string,
  output: string,
  runtime: ReturnType<typeof findRuntime>,
) {
  const file = parseComposeFile(trainingBroker(runtime.jars.kafkaVersion));
  const processes = await startBrokers(file.services, {
    ...{ file, runtime, stateFolder },
    onProgress: () => {},
    options: [`-XX:AOTCacheOutput=${output}`],
  });
  const [process] = processes.values();
  if (!process) throw new EngineError("Cannot make an AOT cache: no broker");
  try {
    await exercise(file.services[0]?.environment.ADDRESS ?? "");
    await endProcess(process, { graceMs: WRITE_DEADLINE_MS });
  } catch (error) {
    // What it would write now is of no use, and somebody may wait for its end.
    await endProcess(process, { graceMs: 0 });
    throw error;
  }
  await until(() => isThere(output), {
    what: `the AOT cache ${serviceFolder(stateFolder, "training")}`,
  });
}

/** Uses what every notebook uses, so that these classes are in the cache, too. */
async function exercise(address: string) {
  const kafka = kafkaClient({
    brokers: [address],
    clientId: "aot-training",
    // The user's variables for another cluster are not meant for this one.
    ssl: false,
    sasl: undefined,
  });
  await createTopic(kafka, "training", { partitions: 1 });
  const producer = kafka.producer({ idempotent: true });
  const consumer = kafka.consumer({ groupId: "training" });
  try {
    await producer.connect();
    await producer.send({ topic: "training", messages: [{ value: "1" }] });
    await consumer.connect();
    await consumer.subscribe({ topic: "training", fromBeginning: true });
    let received = 0;
    await consumer.run({
      // deno-lint-ignore require-await
      eachMessage: async () => {
        received++;
      },
    });
    await until(() => received > 0, { what: "the training's record" });
  } finally {
    await Promise.allSettled([consumer.disconnect(), producer.disconnect()]);
  }
}

function trainingBroker(kafkaVersion: string): string {
  const [client, controller] = freePorts(2);
  return `services:
  training:
    image: apache/kafka:${kafkaVersion}
    ports: ["127.0.0.1:${client}:${client}"]
    environment:
      CLUSTER_ID: bGVhcm5pbmcta2Fma2EhIQ
      ADDRESS: localhost:${client}
      KAFKA_NODE_ID: 1
      KAFKA_PROCESS_ROLES: broker,controller
      KAFKA_LISTENERS: PLAINTEXT://:${client},CONTROLLER://:${controller}
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://localhost:${client}
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
      KAFKA_CONTROLLER_LISTENER_NAMES: CONTROLLER
      KAFKA_CONTROLLER_QUORUM_VOTERS: 1@localhost:${controller}
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: 1
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: 1
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: 1
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: 1
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: 0
      KAFKA_HEAP_OPTS: -Xms64m -Xmx256m
      KAFKA_JVM_PERFORMANCE_OPTS: -XX:+UseSerialGC -XX:TieredStopAtLevel=1
      KAFKA_LOG_DIRS: /data
`;
}

/** Caches of other JVMs and jars fit no longer. */
function removeOthers(folder: string, path: string) {
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    const other = `${folder}/${name}`;
    if (isFile && name.endsWith(".aot") && other !== path) {
      Deno.removeSync(other);
    }
  }
}
