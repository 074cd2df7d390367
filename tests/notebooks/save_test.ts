import { assertEquals } from "@std/assert";
import { type Output, readNotebook } from "../../tasks/notebooks/document.ts";
import { runNotebooks } from "../../tasks/notebooks/run_all.ts";
import {
  mergeStreams,
  METADATA,
  saveOutputs,
} from "../../tasks/notebooks/save.ts";
import { venvProgram } from "../../tasks/setup/paths.ts";
import { code, markdown, NotebookFolder } from "./_temporary_notebook.ts";

const stdout = (text: string): Output => ({
  output_type: "stream",
  name: "stdout",
  text,
});
const stderr = (text: string): Output => ({ ...stdout(text), name: "stderr" });

Deno.test("mergeStreams() joins outputs of one stream that follow each other, and no others", () => {
  assertEquals(
    mergeStreams([stdout("a\n"), stdout("b\n"), stderr("c\n"), stdout("d\n")]),
    [stdout("a\nb\n"), stderr("c\n"), stdout("d\n")],
  );
});

Deno.test("saveOutputs() saves 300 of 300 lines, and the same file after a second run", async () => {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("lines", [
    markdown("# Lines"),
    code("for (let line = 1; line <= 300; line++) console.log(line);"),
    code('console.error("beside");\n({ html: 1 });'),
  ]);
  await runNotebooks([path], { write: true });
  const once = await Deno.readTextFile(path);
  const [, lines, result] = (await readNotebook(path)).cells;
  assertEquals(
    lines!.outputs!.map(({ text }) => text),
    [Array.from({ length: 300 }, (_, index) => `${index + 1}\n`)],
  );
  assertEquals([lines!.execution_count, result!.execution_count], [1, 2]);
  assertEquals(
    result!.outputs!.map(({ output_type, execution_count }) => [
      output_type,
      execution_count,
    ]),
    [["stream", undefined], ["execute_result", 2]],
  );

  await runNotebooks([path], { write: true });
  assertEquals(await Deno.readTextFile(path), once);
});

Deno.test("saveOutputs() drops what changes from run to run and keeps a person's metadata", async () => {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("metadata", [{
    ...code("1;"),
    id: undefined,
    metadata: {
      execution: { "iopub.execute_input": "2026-11-21T00:00:00Z" },
      tags: ["kept"],
    },
  }, code("")]);
  await saveOutputs(path, new Map([[0, [stdout("one\ntwo")]]]));
  const document = await readNotebook(path);
  assertEquals(document.cells[0], {
    cell_type: "code",
    execution_count: 1,
    id: "cell-01",
    metadata: { tags: ["kept"] },
    outputs: [{ ...stdout(""), text: ["one\n", "two"] }],
    source: ["1;"],
  });
  assertEquals(document.cells[1]!.execution_count, null);
});

Deno.test("saveOutputs() names the language as the kernel does, so that opening a notebook leaves its file as it is", async () => {
  const { stdout } = await new Deno.Command(venvProgram("deno"), {
    args: ["eval", "-p", "Deno.version.typescript"],
  }).output();
  assertEquals(
    METADATA.language_info?.version,
    new TextDecoder().decode(stdout).trim(),
  );
});

Deno.test("runNotebooks() with write leaves a notebook that fails as it was", async () => {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("failing", [code('throw new Error("no");')]);
  const before = await Deno.readTextFile(path);
  await runNotebooks([path], { write: true });
  assertEquals(await Deno.readTextFile(path), before);
});
