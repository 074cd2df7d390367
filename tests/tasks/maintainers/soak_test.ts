import { assert, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../../tasks/command.ts";
import { soakCommand } from "../../../tasks/maintainers/soak.ts";

/** What a call prints. */
async function printed(args: string[]): Promise<string[]> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => void lines.push(...line.split("\n"));
  try {
    assertEquals(await soakCommand(args), 0);
  } finally {
    console.log = log;
  }
  return lines;
}

Deno.test("deno task soak refuses what it cannot do, in one sentence", async () => {
  for (
    const [args, sentence] of [
      [["--minutes", "0"], "--minutes must be from 0.5 to 10000"],
      [["--minutes", "long"], "current value is long"],
      [["--seed", "x"], "--seed must be a whole number: current value is x"],
      [["--topics", "0"], "--topics must be a whole number from 1 to 50"],
      [["--topics", "1.5"], "current value is 1.5"],
      [["--partitions", "many"], "--partitions must be a whole number from 1"],
      [
        ["--unwritable", "1"],
        "--unwritable must be a whole number from 0 to 0",
      ],
      [["--topics", "3", "--unwritable", "3"], "from 0 to 2"],
      [["--unsafe", "cluster"], "--unsafe takes producer or consumer"],
      [["--engine", "rocket"], "choose auto, compose or local"],
      [["--fast"], "no such option"],
      [["now"], "no such argument"],
    ] as const
  ) {
    const error = await assertRejects(
      () => soakCommand([...args]),
      UsageError,
      sentence,
    );
    assert(!error.message.includes("\n"));
  }
});

Deno.test("deno task soak --plan prints the plan of a seed, and nothing else", async () => {
  const args = ["--plan", "--seed", "12", "--minutes", "3"];
  const [once, again] = [await printed(args), await printed(args)];
  assertEquals(once, again);
  assert(once.length > 60, `${once.length} lines`);
  assert(once.every((line) => /^ *\d+\.\d s {2}[a-z]/.test(line)));
});

Deno.test("deno task soak --plan shows which topics cannot be written when", async () => {
  const args = ["--plan", "--seed", "7", "--minutes", "20"];
  const plan = await printed([...args, "--topics", "6", "--unwritable", "2"]);
  const shown = plan.filter((line) => line.includes("unwritable meanwhile"));
  assert(shown.length > 5, `${shown.length} of ${plan.length} lines`);
  assert(shown.every((line) => /topics? (5|6|5 and 6) /.test(line)));
  const others = await printed([...args, "--topics", "6"]);
  assert(!others.some((line) => line.includes("unwritable")));
});

Deno.test("deno task soak --help tells what it does", async () => {
  const text = (await printed(["--help"])).join("\n");
  for (const word of ["--seed S", "--topics N", "--unwritable N", "Ctrl-C"]) {
    assert(text.includes(word), word);
  }
});
