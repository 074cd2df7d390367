// What `deno task bench` refuses; the tests with a broker let it measure.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { configOptions } from "../../../../tasks/config.ts";

const CONFIG = await configOptions({ quiet: true });

async function bench(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...CONFIG, "tasks/maintainers/bench.ts", ...args],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), said: text(stderr) };
}

Deno.test("deno task bench tells what it can measure", async () => {
  const { code, out } = await bench("--help");
  assertEquals(code, 0);
  assertStringIncludes(out, "start");
  assertEquals((await bench()).code, 2);
  const start = await bench("start", "--help");
  assertEquals(start.code, 0);
  assertStringIncludes(start.out, "--rounds N");
  assertStringIncludes(start.out, "jupyterlab");
  assert(!start.out.includes("--scale"), start.out);
  const produce = await bench("produce", "--help");
  assertEquals(produce.code, 0);
  for (
    const text of [
      "--rounds N   how often each is measured (5)",
      "--scale F",
      "1KiB",
    ]
  ) {
    assertStringIncludes(produce.out, text);
  }
});

Deno.test("deno task bench refuses what it does not understand in one sentence, with exit code 2", async () => {
  const sentences: [string[], string][] = [
    [["strat"], "Cannot run 'bench strat': there is no such measurement"],
    [["start", "--round", "1"], "Cannot run 'bench start' with '--round'"],
    [["start", "extra"], "it has no such argument"],
    [["start", "--rounds", "0"], "Cannot measure '0' rounds"],
    [["start", "--scale", "1"], "Cannot run 'bench start' with '--scale'"],
    [["produce", "--scale", "0"], "--scale takes a number above 0, to 100"],
    [["codecs", "--scale", "2"], "Cannot run 'bench codecs' with '--scale'"],
    [["codecs", "--only", "none"], "choose of gzip, snappy, lz4, zstd."],
    [["start", "--rounds", "1.5"], "--rounds takes a positive integer"],
    [
      ["start", "--only", "brokers"],
      "Cannot measure 'brokers' only: choose of broker,",
    ],
  ];
  for (const [args, sentence] of sentences) {
    const { code, said } = await bench(...args);
    assertEquals(code, 2, said);
    assertEquals(said.split("\n").length, 1);
    assertStringIncludes(said, sentence);
  }
});
