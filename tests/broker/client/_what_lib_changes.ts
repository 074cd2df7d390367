// A program of its own for kafka_client_process_test.ts: it looks at everything that is shared in a process,
// imports and uses what a service takes of lib, and prints what that has changed.
import Module, { createRequire } from "node:module";
import process from "node:process";
import { Kafka, logLevel } from "kafkajs";

const LIB = new URL("../../../lib/", import.meta.url);
const SERVICE_ROOMS = ["log", "client", "admin", "producer", "consumer"];

type Properties = Map<PropertyKey, unknown>;

/** Loads every module of KafkaJS, as some are only loaded at need, and returns what they export. */
async function modulesOfKafkaJs(): Promise<Map<string, unknown>> {
  const require = createRequire(import.meta.url);
  const cache = (Module as unknown as {
    _cache: Record<string, { exports: unknown }>;
  })._cache;
  const entry = Object.keys(cache).find((path) =>
    /kafkajs\/2\.2\.4\/index\.js$/.test(path)
  )!;
  const folder = entry.replace(/index\.js$/, "src");
  for await (const path of scripts(folder)) require(path);
  return new Map(
    Object.entries(cache).filter(([path]) => path.startsWith(folder))
      .map(([path, { exports }]) => [path.slice(folder.length + 1), exports]),
  );
}

async function* scripts(folder: string): AsyncGenerator<string> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (!isFile) yield* scripts(path);
    else if (name.endsWith(".js") && !/spec|test/.test(name)) yield path;
  }
}

/** Everything that can be reached by own properties, each object with the values it holds. */
function snapshot(roots: Map<string, unknown>) {
  const seen = new Map<object, { path: string; properties: Properties }>();
  const visit = (value: unknown, path: string) => {
    const isObject = typeof value === "object" || typeof value === "function";
    if (!isObject || value === null || seen.has(value)) return;
    const properties: Properties = new Map();
    seen.set(value, { path, properties });
    for (const key of keysOf(value)) {
      const held = heldIn(value, key);
      properties.set(key, held);
      visit(held, `${path}.${String(key)}`);
    }
  };
  for (const [path, root] of roots) visit(root, path);
  return seen;
}

/** All but what Deno fills in as its own functions are used. */
function keysOf(object: object): PropertyKey[] {
  return Reflect.ownKeys(object).filter((key) =>
    typeof key === "string" || key.description !== "Deno.internal"
  );
}

/** A property's value, or its getter, which is not called. */
function heldIn(object: object, key: PropertyKey): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(object, key);
  return descriptor && "value" in descriptor
    ? descriptor.value
    : descriptor?.get;
}

function changesSince(before: ReturnType<typeof snapshot>): string[] {
  return [...before].flatMap(([object, { path, properties }]) => {
    const keys = new Set([...properties.keys(), ...keysOf(object)]);
    return [...keys].filter((key) =>
      properties.has(key) !== Object.hasOwn(object, key) ||
      !Object.is(properties.get(key), heldIn(object, key))
    ).map((key) => `${path}.${String(key)}`);
  }).sort();
}

/** The own properties of what a client makes inside, and the source of those that are functions. */
async function shapeOf(kafka: Kafka): Promise<Record<string, string[]>> {
  const symbol = Object.getOwnPropertySymbols(kafka)
    .find(({ description }) => description === "private:Kafka:createCluster")!;
  const inside = kafka as unknown as Record<
    symbol,
    (options: object) => {
      brokerPool: {
        connectionPoolBuilder: { build(): Promise<{ pool: object[] }> };
      };
    }
  >;
  const cluster = inside[symbol]!({});
  const { brokerPool } = cluster;
  const { connectionPoolBuilder: builder } = brokerPool;
  const pool = await builder.build();
  const connection = pool.pool[0] as { requestQueue: object };
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: "shape" });
  const admin = kafka.admin();
  const { requestQueue } = connection;
  const all = {
    ...{ kafka, cluster, brokerPool, builder, pool, connection, requestQueue },
    ...{ producer, consumer, admin },
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, object]) => [
      name,
      Reflect.ownKeys(object).map((key) => {
        const value = (object as Record<PropertyKey, unknown>)[key];
        return `${String(key)}: ${
          typeof value === "function" ? value.toString() : typeof value
        }`;
      }),
    ]),
  );
}

/** Imports every file of the rooms, and uses a client in each way. */
async function useLib(): Promise<void> {
  for (const room of SERVICE_ROOMS) {
    for await (const { name } of Deno.readDir(new URL(room, LIB))) {
      await import(new URL(`${room}/${name}`, LIB).href);
    }
  }
  const { kafkaClient } = await import("lib/client/kafka_client.ts");
  const { watchedProducer } = await import("lib/client/watched_producer.ts");
  const { createTopic, deleteTopic, freshName } = await import(
    "lib/admin/topic.ts"
  );
  const { SafeProducer } = await import("lib/producer/safe_producer.ts");
  const { readTopic } = await import("lib/consumer/read_topic.ts");
  const { until } = await import("lib/client/until.ts");
  const kafka = kafkaClient({ logLevel: logLevel.NOTHING });
  const topic = freshName("shared-process");
  await createTopic(kafka, topic, { partitions: 1 });
  {
    await using safe = new SafeProducer(kafka);
    await safe.add({ topic, value: "one" });
  }
  // A client that somebody else has made, too.
  const { producer } = watchedProducer(plain);
  await producer.connect();
  await producer.send({ topic, messages: [{ value: "two" }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: freshName("shared-process") });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let count = 0;
  await consumer.run({ eachMessage: () => Promise.resolve(void count++) });
  await until(() => count === 2, { what: "two records" });
  await consumer.disconnect();
  if ((await readTopic(kafka, topic)).length !== 2) throw new Error("not two");
  await deleteTopic(kafka, topic);
}

const brokers = Deno.args[1]!.split(",");
const plain = new Kafka({ brokers, logLevel: logLevel.NOTHING });
const roots = await modulesOfKafkaJs();
roots.set("globalThis", globalThis);
const before = snapshot(roots);
const listeners = process.eventNames().map(String);
if (Deno.args[0] === "use lib") await useLib();
const changed = [
  ...changesSince(before),
  ...process.eventNames().map(String).filter((name) =>
    !listeners.includes(name)
  ),
];
const shapes = [
  await shapeOf(plain),
  await shapeOf(new Kafka({ brokers, logLevel: logLevel.NOTHING })),
];
await Deno.stdout.write(
  new TextEncoder().encode(
    JSON.stringify({ seen: before.size, changed, shapes }),
  ),
);
Deno.exit();
