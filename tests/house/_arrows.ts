// The order of lib's rooms, and what goes against it.
import type { Module } from "./_modules.ts";

/** The rooms of lib, from the lowest up: a file imports from its own room and from lower ones. */
export const ROOMS = [
  "log",
  "client",
  "admin",
  "producer",
  "consumer",
  "streams",
  "metrics",
  "brokers",
  "faults",
  "experiment",
  "notebook",
];

/** What a service takes; it stands on its own. */
export const ROOMS_OF_A_SERVICE = ROOMS.slice(0, ROOMS.indexOf("brokers"));

/** Two engines: which of them runs is decided above both. */
const STRANGERS = ["lib/brokers/containers/", "lib/brokers/local/"];

/** The room of a file of lib. */
export function roomOf(path: string): string | undefined {
  return /^lib\/([^/]+)\//.exec(path)?.[1];
}

/**
 * The imports that go against the order of the rooms.
 *
 * @returns Each as a sentence, such as `lib/log/a.ts imports lib/client/b.ts: log is below client`.
 */
export function wrongArrows(modules: Module[]): string[] {
  return modules.flatMap(({ path, imports }) =>
    imports.flatMap(({ from }) => {
      const why = whyWrong(path, from);
      return why ? [`${path} imports ${from}: ${why}`] : [];
    })
  );
}

function whyWrong(path: string, from: string): string | undefined {
  const [room, other] = [roomOf(path), roomOf(from)];
  if (room === undefined) return undefined;
  if (!ROOMS.includes(room)) return `no room is called ${room}`;
  if (other === undefined) return "lib imports only from lib";
  if (ROOMS.indexOf(room) < ROOMS.indexOf(other)) {
    return ROOMS_OF_A_SERVICE.includes(room) &&
        !ROOMS_OF_A_SERVICE.includes(other)
      ? `a service takes ${room}, and not ${other}`
      : `${room} is below ${other}`;
  }
  const [own] = STRANGERS.filter((folder) => path.startsWith(folder));
  const [strange] = STRANGERS.filter((folder) => from.startsWith(folder));
  return own && strange && own !== strange
    ? "neither engine knows the other"
    : undefined;
}

/**
 * The circles of imports, those of types included: with one, no file of it can
 * be understood, moved or tested without all others.
 *
 * @returns The files of each circle, such as `a.ts -> b.ts -> a.ts`.
 */
export function circles(modules: Module[]): string[] {
  const targets = new Map(
    modules.map(({ path, imports }) => [path, imports.map(({ from }) => from)]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: string[]) => {
    const at = way.indexOf(path);
    if (at >= 0) found.push([...way.slice(at), path].join(" -> "));
    if (at >= 0 || done.has(path)) return;
    for (const next of targets.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return found;
}
