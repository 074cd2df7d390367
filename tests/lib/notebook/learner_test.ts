import { assertEquals } from "@std/assert";

/** Runs code in a process of its own in a learner's folder, and returns what it prints. */
async function inFolder(folder: string, code: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "-q", code],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const lib = new URL("../../../lib/notebook/learner.ts", import.meta.url);
const note = `
  import { enterNotebook, exerciseNote, noteExercise } from "${lib}";
  enterNotebook("04");
  noteExercise("spread", { isSolved: true });
  noteExercise("spread", { isSolved: false, hints: 2 });`;
const tell = `
  import { enterNotebook, exerciseNote } from "${lib}";
  enterNotebook("04");
  console.log(JSON.stringify(exerciseNote("spread")));`;

Deno.test("noteExercise() keeps an exercise solved beyond the kernel, in a learner's copy only", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await inFolder(folder, note);
    assertEquals([...Deno.readDirSync(folder)], []);
    Deno.mkdirSync(`${folder}/.progress`);
    await inFolder(folder, note);
    const kept = await inFolder(folder, tell);
    assertEquals(JSON.parse(kept), { isSolved: true, hints: 2 });
    const files = [...Deno.readDirSync(`${folder}/.progress`)];
    assertEquals(files.map(({ name }) => name), ["04.json"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("notesOf() takes torn notes for none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    Deno.mkdirSync(`${folder}/.progress`);
    Deno.writeTextFileSync(
      `${folder}/.progress/04.json`,
      '{"exercises": {"spr',
    );
    const kept = await inFolder(folder, tell);
    assertEquals(JSON.parse(kept), { isSolved: false, hints: 0 });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
