// Which file may import which, and that what is exported is used. The rules are DESIGN.md's.
import { assertEquals } from "@std/assert";
import { circles, roomOf, ROOMS_OF_A_SERVICE, wrongArrows } from "./_arrows.ts";
import { type Module, moduleOf, readModules } from "./_modules.ts";
import { unusedExports } from "./_unused.ts";

/** For readers alone: no file of this project imports them. */
const FOR_READERS = [
  // What notebook 11 sends its readers to.
  "lib/consumer/sticky_assignor.ts: stickyAssignor",
  // What changeTopicSettings() has changed.
  "lib/admin/topic_settings.ts: topicSettings",
  // For a cell that must end after the lines it has printed.
  "lib/notebook/kernel.ts: settle",
  // For a service that names the type of its onPoint.
  "lib/consumer/read_process_write.ts: TransactionPoint",
  // For whoever has promtool; a test compares its verdict with that of our own rules.
  "lib/metrics/rule_test_file.ts: ruleTestFile",
];

const project = readModules("lib", "tasks", "tests", "notebooks");

Deno.test("lib's rooms import only from lower ones, and those that a service takes stand on their own", () => {
  assertEquals(wrongArrows(project), []);
});

Deno.test("no files of lib or tasks import each other in a circle", () => {
  const code = project.filter(({ path }) => /^(lib|tasks)\//.test(path));
  assertEquals(circles(code), []);
});

Deno.test("all that lib exports is used, and not by its own tests alone", () => {
  const unused = unusedExports(project, "lib");
  assertEquals(unused.filter((each) => !FOR_READERS.includes(each)), []);
  // What has found a user needs no exception any more.
  assertEquals(FOR_READERS.filter((each) => !unused.includes(each)), []);
});

Deno.test("all that tasks export is used, and not by its own tests alone", () => {
  const unused = unusedExports(project, "tasks")
    // These take the place of packages, by their names.
    .filter((each) => !each.startsWith("tasks/stand_ins/"));
  assertEquals(unused, []);
});

Deno.test("what a service takes runs on Node, too: nothing of it uses the global Deno", () => {
  const used = project.filter(({ path }) =>
    ROOMS_OF_A_SERVICE.includes(roomOf(path) ?? "")
  ).filter(({ globals }) => globals.includes("Deno"));
  assertEquals(used.map(({ path }) => path), []);
});

/** Modules that are nothing but what they import. */
function graph(arrows: Record<string, string[]>): Module[] {
  return Object.entries(arrows).map(([path, targets]) => ({
    path,
    imports: targets.map((from) => ({ from, names: ["a"] })),
    exports: [],
    globals: [],
  }));
}

Deno.test("wrongArrows() names an import from a higher room, and why it is wrong", () => {
  assertEquals(
    wrongArrows(graph({
      "lib/log/record.ts": ["lib/client/until.ts"],
      "lib/client/probe.ts": ["lib/admin/lag.ts", "lib/client/until.ts"],
      "lib/metrics/page.ts": ["lib/faults/wire.ts", "lib/log/record.ts"],
      "lib/faults/wire.ts": ["lib/experiment/ledger.ts"],
    })),
    [
      "lib/log/record.ts imports lib/client/until.ts: log is below client",
      "lib/client/probe.ts imports lib/admin/lag.ts: client is below admin",
      "lib/metrics/page.ts imports lib/faults/wire.ts: a service takes metrics, and not faults",
      "lib/faults/wire.ts imports lib/experiment/ledger.ts: faults is below experiment",
    ],
  );
});

Deno.test("wrongArrows() keeps containers and local apart, rooms to those it knows, and lib to itself", () => {
  assertEquals(
    wrongArrows(graph({
      "lib/brokers/local/start.ts": [
        "lib/brokers/containers/cli.ts",
        "lib/brokers/engine.ts",
      ],
      "lib/brokers/containers/cli.ts": ["lib/brokers/local/start.ts"],
      "lib/brokers/find.ts": [
        "lib/brokers/local/start.ts",
        "lib/brokers/containers/cli.ts",
      ],
      "lib/utils/text.ts": ["lib/log/record.ts"],
      "lib/brokers/ports.ts": ["tasks/paths.ts"],
      "tasks/kafka.ts": ["lib/brokers/find.ts"],
    })),
    [
      "lib/brokers/local/start.ts imports lib/brokers/containers/cli.ts: neither engine knows the other",
      "lib/brokers/containers/cli.ts imports lib/brokers/local/start.ts: neither engine knows the other",
      "lib/utils/text.ts imports lib/log/record.ts: no room is called utils",
      "lib/brokers/ports.ts imports tasks/paths.ts: lib imports only from lib",
    ],
  );
});

Deno.test("circles() finds a circle of two, of three, of one, and none where ways only meet", () => {
  assertEquals(circles(graph({ a: ["b"], b: ["a"] })), ["a -> b -> a"]);
  assertEquals(
    circles(graph({ start: ["a"], a: ["b"], b: ["c"], c: ["a"] })),
    ["a -> b -> c -> a"],
  );
  assertEquals(circles(graph({ a: ["a"] })), ["a -> a"]);
  assertEquals(
    circles(graph({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] })),
    [],
  );
});

Deno.test("moduleOf() sees every way to import, types too, and no comment or text", () => {
  const { imports, globals } = moduleOf("lib/log/a.ts", [`
    import { a as b, type C } from "./b.ts";
    import type { D } from "../client/d.ts";
    import * as all from "lib/log/all.ts";
    import assert from "node:assert";
    import "./effect.ts";
    export { e } from "./e.ts";
    export * from "./f.ts";
    /** import { no } from "./no.ts"; */
    const text = 'import { no } from "./no.ts"';
    let g: import("./g.ts").G;
    const { h } = await import("./h.ts");
    (await import("./i.ts")).i();
    await import("./j.ts");
  `]);
  assertEquals(imports.map(({ from, names }) => [from, ...names]), [
    ["lib/log/b.ts", "a", "C"],
    ["lib/client/d.ts", "D"],
    ["lib/log/all.ts", "*"],
    ["lib/log/effect.ts"],
    ["lib/log/e.ts", "e"],
    ["lib/log/f.ts", "*"],
    ["lib/log/g.ts", "G"],
    ["lib/log/h.ts", "h"],
    ["lib/log/i.ts", "i"],
    ["lib/log/j.ts", "*"],
  ]);
  assertEquals(globals, []);
  for (const code of ["Deno.pid", "let a: Deno.Conn", "const { pid } = Deno"]) {
    assertEquals(moduleOf("lib/log/a.ts", [code]).globals, ["Deno"]);
  }
  assertEquals(moduleOf("lib/log/a.ts", ["a.Deno // Deno"]).globals, []);
});

Deno.test("unusedExports() names what nothing uses, what only tests use, and what only its file uses", () => {
  const unused = (...others: [path: string, source: string][]) =>
    unusedExports(
      [
        moduleOf("lib/log/a.ts", [`
          export const used = 1;
          export function atHome(): Shape { throw new AError(); }
          export function overloaded(a: 1): void;
          export function overloaded(a: number) {}
          export interface Shape { a: 1 }
          export interface Forgotten { a: 1 }
          export class AError extends Error {}
          export { b } from "./b.ts";
          atHome();
        `]),
        ...others.map(([path, source]) => moduleOf(path, [source])),
      ],
      "lib",
    ).map((each) => each.replace("lib/log/a.ts: ", ""));

  assertEquals(
    unused(["notebooks/01.ipynb", `import { used } from "lib/log/a.ts";`]),
    ["atHome", "overloaded", "Forgotten", "b"],
  );
  // A piece of a file may be exported for the file's own test, but not live of it alone.
  const everything =
    `import { used, atHome, overloaded, Forgotten, b } from "lib/log/a.ts";`;
  for (
    const test of [
      "tests/lib/log/a_test.ts",
      "tests/broker/log/a_faults_test.ts",
    ]
  ) {
    assertEquals(
      unused([test, everything]),
      ["used", "overloaded", "Forgotten", "b"],
    );
  }
  assertEquals(unused(["tests/lib/log/other_test.ts", everything]), []);
  assertEquals(
    unused(["tasks/a.ts", `import * as a from "lib/log/a.ts";`]),
    [],
  );
});
