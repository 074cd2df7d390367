// Fetching what is not the broker's, with a jgo that is a script of the test.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { moreJars } from "lib/brokers/jars/more_jars.ts";

const FETCHES = `
# jgo --repo-cache REPOSITORY --cache-dir FOLDER sync, beside a jgo.toml
[ -e jgo.toml ] || exit 3
echo run >> "$(dirname "$4")/runs"
echo "Downloading ecj-3.43.0.pom ---- 1.6/1.6 kB"
mkdir -p "$4/jars" "$4/modules"
echo jar > "$4/modules/ecj-3.43.0.jar"
echo jar > "$4/jars/ecj-more-1.0.jar"`;

/** A folder with a compose.yaml, a jgo.more.toml and a jgo that is a script. */
function project(script: string) {
  const folder = Deno.makeTempDirSync({ prefix: "more-jars-" });
  const toml = new URL("../../../../jgo.more.toml", import.meta.url);
  Deno.copyFileSync(toml, `${folder}/jgo.more.toml`);
  Deno.mkdirSync(`${folder}/venv/bin`, { recursive: true });
  const jgo = `${folder}/venv/bin/jgo`;
  Deno.writeTextFileSync(jgo, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const said: string[] = [];
  return {
    folder,
    said,
    fetch: () =>
      moreJars((line) => said.push(line), {
        composeFile: `${folder}/compose.yaml`,
        jarsFolder: `${folder}/kept/jars`,
        pythonFolder: `${folder}/venv`,
      }),
    runs: () => Deno.readTextFileSync(`${folder}/kept/runs`).length / 4,
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

Deno.test("moreJars() fetches once, also where two ask at once, and says what it fetches", async () => {
  using place = project(FETCHES);
  const [first, second] = await Promise.all([place.fetch(), place.fetch()]);
  const third = await place.fetch();
  assertEquals(place.runs(), 1);
  assertEquals(first.files, second.files);
  assertEquals(first.files, third.files);
  assert(
    place.said.some((line) => line.endsWith("1 of about 42: ecj-3.43.0.pom")),
  );
});

Deno.test("moreJars() finds a jar by the whole name of its artifact, and names one that is missing", async () => {
  using place = project(FETCHES);
  const jars = await place.fetch();
  assertEquals(jars.find("ecj"), `${jars.folder}/modules/ecj-3.43.0.jar`);
  assertThrows(() => jars.find("ec"), Error, "Cannot find ec in ");
});

Deno.test("moreJars() asks for PostgreSQL's programs of this platform alone", async () => {
  using place = project(FETCHES);
  await place.fetch();
  const asked = Deno.readTextFileSync(
    `${place.folder}/kept/more_named/jgo.toml`,
  );
  const platforms = [...asked.matchAll(/postgres-binaries-([\w-]+):/g)]
    .map(([, name]) => name);
  const here = `${Deno.build.os}-${
    Deno.build.arch === "x86_64" ? "amd64" : "arm64v8"
  }`;
  assertEquals(platforms, [here]);
});

Deno.test("moreJars() fetches again after a fetch that failed, which left one sentence", async () => {
  using place = project(`
    [ -e "$(dirname "$4")/second" ] || {
      touch "$(dirname "$4")/second"
      echo "Failed to establish a new connection"; exit 1
    }${FETCHES}`);
  await assertRejects(
    place.fetch,
    Error,
    "Cannot fetch the jars of jgo.more.toml from Maven Central as jgo could not reach its server: check the network",
  );
  assertEquals((await place.fetch()).files.length, 2);
});

Deno.test("moreJars() says what to do where set-up has not run", async () => {
  using place = project(FETCHES);
  Deno.removeSync(`${place.folder}/venv/bin/jgo`);
  await assertRejects(place.fetch, Error, "run 'deno task setup'");
});
