import { assert, assertEquals } from "@std/assert";
import { PROJECT } from "../../tasks/setup/paths.ts";
import { filesBelow } from "./_modules.ts";

/** Each command of the README and of the page about other ways, in code blocks and in the text: ["kafka", "up", "--cluster"]. */
async function commandsOfReadme(): Promise<string[][]> {
  const readme = await Deno.readTextFile(`${PROJECT}/README.md`) +
    await Deno.readTextFile(`${PROJECT}/notebooks/ways.md`);
  return [...readme.matchAll(/deno task (?:-q )?([a-z][^`#\n]*)/g)]
    .map(([, words]) => words!.trim().split(/\s+/))
    .filter(([task]) => task !== undefined);
}

async function helpOf(task: string): Promise<string> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", task, "--help"],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, `deno task ${task} --help`);
  return new TextDecoder().decode(stdout);
}

Deno.test("README.md and ways.md name commands, subcommands and options that there are", async () => {
  const commands = await commandsOfReadme();
  assert(commands.length > 10, `only ${commands.length} commands were found`);
  const help = new Map<string, string>();
  for (const [task, ...words] of commands) {
    if (!help.has(task!)) help.set(task!, await helpOf(task!));
    // What follows "kafka tool" belongs to the tool.
    const own = words[0] === "tool" ? words.slice(0, 1) : words;
    const named = own.filter((word, index) =>
      word.startsWith("--") ||
      (index === 0 && ["kafka", "bench"].includes(task!))
    );
    for (const word of named) {
      assert(
        help.get(task!)!.includes(word),
        `README.md, or ways.md, names 'deno task ${task} ${word}', and its help does not`,
      );
    }
  }
});

Deno.test("README.md, DESIGN.md and lib/README.md name files that there are", async () => {
  const files = ["lib", "tasks", "tests"].flatMap(filesBelow)
    .concat("lib/kafkajs_inside.d.ts");
  for (const page of ["README.md", "DESIGN.md", "lib/README.md"]) {
    const text = await Deno.readTextFile(`${PROJECT}/${page}`);
    // Placeholders have capitals: `tasks/NAME.ts`. What is imported may begin with the package.
    const named = [...text.matchAll(/[`"]([a-z_/.-]+\.ts)\b/g)]
      .map(([, name]) => name!.replace(/^kafka-lab\//, "lib/"))
      // The reader's own.
      .filter((name) => name !== "src/main.ts" && !name.startsWith("_"));
    const missing = named.filter((name) =>
      !files.some((file) => `/${file}`.endsWith(`/${name}`))
    );
    assertEquals(missing, [], `${page} names files that are not there`);
    if (page !== "README.md") assert(named.length > 3, page);
  }
});
