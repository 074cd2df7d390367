// `deno test --parallel` runs the files of tests as threads of one process: what one changes of the
// environment or the working folder, the others see, and fail of it now and then.
import { assertEquals } from "@std/assert";

const TESTS = new URL("../", import.meta.url);

Deno.test("no file of tests changes the environment or the folder of the process that runs them all", () => {
  const found = filesBelow(TESTS).flatMap(sharedChanges);
  assertEquals(
    found,
    [],
    "Give it a process of its own ('env' and 'cwd' of Deno.Command), or pass the variables as a parameter",
  );
});

Deno.test("no two files of tests open the notebook of one number: each would find, and delete, what the other has", () => {
  const files = new Map<string, Set<string>>();
  for (const { pathname: path } of filesBelow(TESTS)) {
    // What stands in a cell runs in a kernel, a process of its own.
    if (path.includes("/tests/notebooks/")) continue;
    const text = Deno.readTextFileSync(path);
    for (const [, number] of text.matchAll(/openNotebook\("(\d+)"/g)) {
      files.set(number!, (files.get(number!) ?? new Set()).add(path));
    }
  }
  assertEquals([...files].filter(([, paths]) => paths.size > 1), []);
});

Deno.test("the search for changes of the environment sees each way to make one, and no text that tells of one", () => {
  const changesIn = (source: string) =>
    changesOf("a.ts", source).map(({ text }) => text);
  assertEquals(
    changesIn(`
      Deno.env.set("A", "1");
      try {} finally { Deno.env.delete("A"); }
      globalThis.Deno.chdir("/");
      Deno.env["set"]("A", "1");
      process.chdir("/");
      process.env.A = "1";
      process.env["A"] += "1";
      delete process.env.A;
      Object.assign(process.env, { A: "1" });
    `),
    [
      "Deno.env.set",
      "Deno.env.delete",
      "globalThis.Deno.chdir",
      `Deno.env["set"]`,
      "process.chdir",
      "process.env.A",
      `process.env["A"]`,
      "delete process.env.A",
      "Object.assign",
    ],
  );
  assertEquals(
    changesIn(`
      // Deno.env.set("A", "1");
      code('Deno.env.set("KAFKA_BROKERS", "localhost:1");');
      new Deno.Command("sh", { env: { A: "1" }, cwd: "/" });
      const a = Deno.env.get("A") ?? process.env.A;
      other.env.set("A", "1");
      Object.assign(other, process.env);
    `),
    [],
  );
});

const CALL =
  /^(?:globalThis\.)?(?:Deno\.(?:env(?:\.|\[")(?:set|delete)(?:"\])?|chdir)|process\.chdir)$/;
const VARIABLE = /^(?:globalThis\.)?process\.env\b/;

/** Looks at the parsed text, as deno lint does, so that comments and texts are not taken for code. */
const PLUGIN: Deno.lint.Plugin = {
  name: "shared-process",
  rules: {
    "no-change": {
      create(context) {
        const text = (node: Deno.lint.Node) => context.sourceCode.getText(node);
        const isVariable = (node: Deno.lint.Node | undefined) =>
          node !== undefined && VARIABLE.test(text(node));
        const report = (node: Deno.lint.Node, message: string) =>
          context.report({ node, message });
        return {
          CallExpression(node) {
            const [callee, [first]] = [text(node.callee), node.arguments];
            if (
              CALL.test(callee) ||
              callee === "Object.assign" && isVariable(first)
            ) report(node, callee);
          },
          AssignmentExpression(node) {
            if (isVariable(node.left)) report(node, text(node.left));
          },
          UnaryExpression(node) {
            if (node.operator === "delete" && isVariable(node.argument)) {
              report(node, text(node));
            }
          },
        };
      },
    },
  },
};

function changesOf(name: string, source: string) {
  return Deno.lint.runPlugin(PLUGIN, name, source)
    .map(({ message, range: [start] }) => ({
      line: source.slice(0, start).split("\n").length,
      text: message,
    }));
}

function sharedChanges(file: URL): string[] {
  const name = file.pathname.slice(TESTS.pathname.length);
  const source = Deno.readTextFileSync(file);
  return changesOf(name, source)
    .map(({ line, text }) => `tests/${name}:${line} ${text}`);
}

function filesBelow(folder: URL): URL[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return filesBelow(new URL(`${name}/`, folder));
    return /\.[cm]?tsx?$|\.[cm]?jsx?$/.test(name)
      ? [new URL(name, folder)]
      : [];
  });
}
