// Runs code, and prints as JSON what it has changed of the process: globals, the objects of the
// language, KafkaJS, the environment, who listens to what. To be run in a process of its own:
//
//   deno run -A _changes_of_process.ts 'globalThis.a = 1'
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import process from "node:process";
import kafkajs from "kafkajs";

/** What stands under a name: compared as it is, so that another function in its place is seen. */
type State = Map<string, unknown>;

/** Calls that leave something behind which no object shows. */
const calls = new Map<string, number>();

function watch(owner: object, name: string, keys: string[]): void {
  const functions = owner as Record<string, (...args: unknown[]) => unknown>;
  for (const key of keys) {
    const real = functions[key]!;
    functions[key] = function (this: unknown, ...args) {
      const called = `${name}.${key}()`;
      calls.set(called, (calls.get(called) ?? 0) + 1);
      return real.apply(this, args);
    };
  }
}

/** Notes what an object holds, and what its functions and their prototypes hold, a few steps deep. */
function note(
  state: State,
  name: string,
  object: object,
  { depth, seen = new Set() }: { depth: number; seen?: Set<object> },
): void {
  if (seen.has(object)) return;
  seen.add(object);
  for (const key of Reflect.ownKeys(object)) {
    // Where the runtimes keep account for themselves.
    if (/^(_.*|Symbol\(.*internal\))$/.test(String(key))) continue;
    const at = `${name}.${String(key)}`;
    const { value, get } = Object.getOwnPropertyDescriptor(object, key)!;
    // A getter is not asked, as that alone may change something.
    state.set(at, get ?? value);
    const isObject = typeof value === "function" ||
      typeof value === "object" && value !== null;
    if (isObject && depth > 1) {
      note(state, at, value, { depth: depth - 1, seen });
    }
  }
}

function stateNow(kafkaJsModules: [string, unknown][]): State {
  const state: State = new Map();
  const seen = new Set<object>();
  for (const [name, exported] of kafkaJsModules) {
    state.set(name, exported);
    note(state, name, exported as object, { depth: 4, seen });
  }
  note(state, "globalThis", globalThis, { depth: 3, seen });
  note(state, "process", process, { depth: 1 });
  note(state, "EventEmitter", EventEmitter, { depth: 2 });
  state.set("process.cwd()", Deno.cwd());
  for (const event of process.eventNames()) {
    state.set(`process.on ${String(event)}`, process.listenerCount(event));
  }
  for (const [name, value] of Object.entries(Deno.env.toObject())) {
    state.set(`process.env.${name}`, value);
  }
  for (const [call, count] of calls) state.set(call, count);
  return state;
}

/** All of KafkaJS, loaded, so that loading more of it counts as no change. */
function kafkaJsModules(): [string, unknown][] {
  const require = createRequire(import.meta.resolve("kafkajs/index.js"));
  const source = new URL("src/", import.meta.resolve("kafkajs/index.js"));
  return [
    ["kafkajs", kafkajs],
    ...modulesBelow(source).map((url): [string, unknown] => [
      `kafkajs/src/${url.href.slice(source.href.length)}`,
      require(url.pathname),
    ]),
  ];
}

function modulesBelow(folder: URL): URL[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return modulesBelow(new URL(`${name}/`, folder));
    return name.endsWith(".js") ? [new URL(name, folder)] : [];
  });
}

watch(globalThis, "globalThis", [
  ...["addEventListener", "setTimeout", "setInterval", "setImmediate"],
]);
watch(Deno, "Deno", ["addSignalListener", "listen", "connect"]);
const modules = kafkaJsModules();
const before = stateNow(modules);
const Code = (async () => {}).constructor as new (
  code: string,
) => () => Promise<void>;
await new Code(Deno.args.join("\n"))();
const after = stateNow(modules);
const changed = [...new Set([...before.keys(), ...after.keys()])]
  .filter((name) => !Object.is(before.get(name), after.get(name)))
  // Another function has another name and length, too.
  .filter((name, _, all) => !all.some((each) => name.startsWith(`${each}.`)));
await new Response(JSON.stringify(changed)).body!.pipeTo(Deno.stdout.writable);
// What was begun may go on.
Deno.exit();
