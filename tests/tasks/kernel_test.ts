import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { venvProgram } from "../../tasks/setup/paths.ts";
import { printed, runAll } from "./_run_all.ts";

const statuses = (cells: { status: string }[]) =>
  cells.map(({ status }) => status);

/** Prints its own process id, and waits for a signal that it cares for as its cell says. */
const started = (waiting: string) =>
  `console.log("pid", Deno.pid);\n${waiting}`;

async function isGone(pid: number): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-o", "stat=", "-p", String(pid)],
    }).output();
    const state = new TextDecoder().decode(stdout).trim();
    if (state === "" || state.startsWith("Z")) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

Deno.test("deno_kernel ends Run All at the first error", async () => {
  const { cells, again } = await runAll([
    'console.log("first");',
    'throw new Error("boom");',
    'console.log("never");',
    "1 + 1",
  ]);
  assertEquals(statuses(cells), ["ok", "error", "aborted", "aborted"]);
  assertEquals(cells.map(({ outputs }) => outputs.length), [1, 1, 0, 0]);
  assertStringIncludes(cells[1]!.outputs[0]![1], "boom");
  assertEquals(again!.outputs, [["execute_result", "42"]]);
});

Deno.test("deno_kernel ends Run All at Stop, and lives on", async (t) => {
  const listening = `
    const stopped = Promise.withResolvers<void>();
    Deno.addSignalListener("SIGINT", () => stopped.reject(new Error("stopped")));
    console.log("waiting");
    await stopped.promise;`;
  const cases: [string, string, string][] = [
    ["a wait that listens", listening, "error"],
    [
      "a wait that is caught",
      `try {${listening}} catch { "caught" }`,
      "ok",
    ],
    ["an endless loop", 'console.log("waiting"); for (;;) {}', "error"],
    [
      "a program",
      'console.log("waiting"); await new Deno.Command("sleep", { args: ["60"] }).output();',
      "ok",
    ],
  ];
  for (const [name, cell, status] of cases) {
    await t.step(name, async () => {
      const { cells, isAlive, again } = await runAll(
        [cell, 'console.log("never");', "const kept = 1;"],
        { stopAt: "waiting" },
      );
      assertEquals(statuses(cells), [status, "aborted", "aborted"]);
      assertEquals([isAlive, again!.outputs[0]![1]], [true, "42"]);
    });
  }
});

Deno.test("deno_kernel says that a cell is deaf to Stop, and drops what waits behind it", async () => {
  const { cells, isAlive } = await runAll([
    'console.log("waiting"); await new Promise((resolve) => setTimeout(resolve, 5_000)); console.log("over");',
    'console.log("never");',
  ], { stopAt: "waiting" });
  assertEquals(statuses(cells), ["ok", "aborted"]);
  assertMatch(printed(cells[0]!), /cannot be interrupted.*restart the kernel/);
  assertStringIncludes(printed(cells[0]!), "over");
  assert(isAlive);
});

Deno.test("deno_kernel keeps every line under its cell, and in its place", async () => {
  const flood = (name: string, count: number) =>
    `for (let i = 0; i < ${count}; i++) console.log("${name}", i);`;
  const { cells, late } = await runAll([
    ...[..."abcdefgh"].map((name) => flood(name, 2_000)),
    `for (let i = 0; i < 200; i++) {
      console.log("before", i);
      await Deno.jupyter.broadcast("display_data", { data: { "text/plain": "shown " + i }, metadata: {}, transient: {} });
      console.error("after", i);
    }
    "result"`,
  ]);
  for (const [index, name] of [..."abcdefgh"].entries()) {
    const expected = Array.from({ length: 2_000 }, (_, i) => `${name} ${i}\n`);
    assertEquals(printed(cells[index]!), expected.join(""));
  }
  assertEquals(late, 0);
  const mixed = cells.at(-1)!.outputs;
  assertEquals(
    mixed.slice(0, -1).map(([, text]) => text.trim()),
    Array.from(
      { length: 200 },
      (_, i) => [`before ${i}`, `shown ${i}`, `after ${i}`],
    ).flat(),
  );
  assertEquals(mixed.at(-1), ["execute_result", '"result"']);
});

Deno.test("deno_kernel says why a cell failed where Deno's kernel is silent", async (t) => {
  const cases: [string, RegExp][] = [
    ["const x = ;", /^SyntaxError: .*Expression expected/],
    ['console.log("a', /^SyntaxError/],
    ["for (", /^SyntaxError/],
    ['import { x } from "./no_such_file.ts";', /no_such_file\.ts/],
  ];
  for (const [cell, reason] of cases) {
    await t.step(cell, async () => {
      const { cells } = await runAll([cell, "1"]);
      assertEquals(statuses(cells), ["error", "aborted"]);
      const [kind, text] = cells[0]!.outputs[0]!;
      assertEquals(kind, "error");
      assertMatch(text, reason);
    });
  }
});

Deno.test("deno_kernel shows an error that nothing awaits, and goes on", async () => {
  const { cells } = await runAll([
    `setTimeout(() => { throw new Error("in a timer"); }, 10);
    Promise.reject(new Error("nobody awaits"));
    await new Promise((resolve) => setTimeout(resolve, 200));`,
    '"next"',
  ]);
  assertEquals(statuses(cells), ["ok", "ok"]);
  const text = printed(cells[0]!);
  assertStringIncludes(text, "in a timer");
  assertStringIncludes(text, "nobody awaits");
  assertEquals(printed(cells[1]!), "");
});

Deno.test("deno_kernel leaves no process behind, whoever is killed", async (t) => {
  const cell = started(`
    const child = new Deno.Command("sleep", { args: ["300"] }).spawn();
    console.log("child", child.pid);
    await new Promise((resolve) => setTimeout(resolve, 30_000));`);
  for (const whom of ["kernel", "deno"] as const) {
    await t.step(`the ${whom}`, async () => {
      const { cells, isAlive } = await runAll([cell], {
        kill: { at: "child", whom },
      });
      assertEquals(isAlive, false);
      const text = printed(cells[0]!);
      const [, deno, child] = text.match(/pid (\d+)\nchild (\d+)/)!;
      assert(await isGone(Number(deno)), "Deno runs on");
      // A kernel that is killed with -9 cannot end what a cell has started; its group can be.
      if (whom === "deno") {
        assert(await isGone(Number(child)), "the cell's program runs on");
        assertStringIncludes(text, "Restart the kernel to go on");
      } else {
        Deno.kill(Number(child), "SIGKILL");
      }
    });
  }
});

Deno.test({
  name:
    "the kernel's wrapper holds the ports that Deno will listen on: nobody else gets them",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const program = `
import errno, socket
from deno_process import start_deno, CHANNELS
process, connection, path = start_deno("true", "key")  # a Deno that never listens
process.wait()
def can_listen(port, reuse):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        try:
            other.bind(("127.0.0.1", port))
            other.listen()
            return True
        except OSError as error:
            assert error.errno == errno.EADDRINUSE
            return False
ports = [connection[f"{name}_port"] for name in CHANNELS]
print([can_listen(port, 0) for port in ports], [can_listen(port, 1) for port in ports])
`;
    const { stdout } = await new Deno.Command(venvProgram("python"), {
      args: ["-c", program],
      cwd: new URL("../../tasks/kernel/", import.meta.url),
      env: { PYTHONDONTWRITEBYTECODE: "1" },
      stderr: "inherit",
    }).output();
    const [no, yes] = ["False", "True"].map((one) =>
      Array(5).fill(one).join(", ")
    );
    assertEquals(new TextDecoder().decode(stdout), `[${no}] [${yes}]\n`);
  },
});
