// Fetching jars, with a jgo and a Python that are scripts of the test.
import { assertEquals, assertRejects } from "@std/assert";
import { fetchJars } from "lib/brokers/jars/fetch_jars.ts";
import { readIfThere } from "lib/brokers/jars/stamp.ts";

/** A folder in which jgo and Python are scripts that note that they were run. */
function place(pythonScript: string) {
  const folder = Deno.makeTempDirSync({ prefix: "fetch-jars-" });
  const program = (name: string, script: string) =>
    Deno.writeTextFileSync(
      `${folder}/${name}`,
      `#!/bin/sh\necho ${name} >> ${folder}/runs\n${script}\n`,
      { mode: 0o755 },
    );
  program("jgo", "echo 'Downloading a-1.pom ---- 1/1 kB'");
  program("python", pythonScript);
  const names: string[] = [];
  return {
    names,
    runs: () => readIfThere(`${folder}/runs`)?.trim().split("\n"),
    fetch: () =>
      fetchJars({
        what: "the jars",
        file: `${folder}/jgo.toml`,
        lock: `${folder}/jgo.lock.toml`,
        to: `${folder}/jars`,
        repository: `${folder}/m2`,
        jgo: `${folder}/jgo`,
        logFile: `${folder}/jars.log`,
        shortLogFile: "jars.log",
        onFile: (_count, name) => names.push(name),
      }),
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

Deno.test("fetchJars() fetches what the lock names, and has no need of jgo then", async () => {
  using here = place("echo 'Downloading a-1.jar'");
  await here.fetch();
  assertEquals(here.runs(), ["python"]);
  assertEquals(here.names, ["a-1.jar"]);
});

Deno.test("fetchJars() lets jgo resolve the jars where the lock does not serve", async () => {
  using here = place("exit 1");
  await here.fetch();
  assertEquals(here.runs(), ["python", "jgo"]);
  assertEquals(here.names, ["a-1.pom"]);
});

Deno.test("fetchJars() refuses a jar that is not the one that was locked", async () => {
  using here = place("echo 'a:a:1 checksum mismatch'; exit 2");
  await assertRejects(here.fetch, Error, "a:a:1 checksum mismatch");
  assertEquals(here.runs(), ["python"]);
});

Deno.test("jgo.lock.toml is the lock of jgo.toml", async () => {
  const root = new URL("../../../../", import.meta.url);
  const file = await Deno.readFile(new URL("jgo.toml", root));
  const lock = await Deno.readTextFile(new URL("jgo.lock.toml", root));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", file))
    .toHex().slice(0, 16);
  assertEquals(
    /^spec_hash = "(.*)"$/m.exec(lock)?.[1],
    hash,
    "jgo.toml has changed: run 'deno task setup', then copy .kafka/jars/jgo.lock.toml to jgo.lock.toml",
  );
});
