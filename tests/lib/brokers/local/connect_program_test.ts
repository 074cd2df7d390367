// What a worker of Connect is started with, beside what the service's command makes of the same variables.
import { assertEquals, assertMatch } from "@std/assert";
import { readComposeFile } from "lib/brokers/compose/compose_file.ts";
import { serviceNamed } from "lib/brokers/compose/compose_services.ts";
import { connectProgram } from "lib/brokers/local/connect_program.ts";

const project = readComposeFile();
const RUNTIME = {
  java: { path: "/usr/bin/java", version: "25", feature: 25 },
  jars: { files: ["/a.jar"], kafkaVersion: "4.3.1" },
  aotCache: undefined,
};

async function propertiesOf(name: string): Promise<Record<string, string>> {
  const folder = Deno.makeTempDirSync();
  const file = { ...project, path: `${folder}/compose.yaml` };
  const program = connectProgram(file, serviceNamed(project, name), folder, {
    runtime: RUNTIME,
    jars: { files: [] },
  });
  await program.prepare();
  const text = Deno.readTextFileSync(`${folder}/config/connect.properties`);
  assertEquals(program.command.at(-1), `${folder}/config/connect.properties`);
  Deno.removeSync(folder, { recursive: true });
  return Object.fromEntries(
    text.trimEnd().split("\n").map((line) => {
      const [key, ...value] = line.split("=");
      return [key, value.join("=").replace(folder, "")];
    }),
  );
}

Deno.test("connectProgram() fits addresses and folders to this host", async () => {
  const properties = await propertiesOf("connect");
  assertEquals(properties["bootstrap.servers"], "localhost:9093");
  assertEquals(properties.listeners, "http://127.0.0.1:8083");
  assertEquals(properties["plugin.path"], "/.kafka/plugins");
  assertEquals(properties["exactly.once.source.support"], undefined);
});

Deno.test("the second worker shares nothing with the first but the brokers and the plugins", async () => {
  const one = await propertiesOf("connect");
  const other = await propertiesOf("connect-exactly-once");
  const same = Object.keys(one).filter((key) => one[key] === other[key]);
  const different = Object.keys(other).filter((key) => !same.includes(key));
  assertEquals(different.toSorted(), [
    "config.storage.topic",
    "exactly.once.source.support",
    "group.id",
    "listeners",
    "offset.storage.topic",
    "status.storage.topic",
  ]);
});

Deno.test("the service's command makes the same properties in a container, but for addresses and folders", async () => {
  const { command, environment } = serviceNamed(project, "connect");
  const script = command[2]!.replace(/ > \/tmp.*/s, "");
  assertMatch(command[2]!, /exec \/opt\/kafka\/bin\/connect-distributed.sh/);
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script],
    env: environment,
  }).output();
  const made = new TextDecoder().decode(stdout).trimEnd().split("\n");
  const expected = await propertiesOf("connect");
  assertEquals(
    made.map((line) => line.split("=")[0]).toSorted(),
    Object.keys(expected).toSorted(),
  );
  assertEquals(made.includes("key.converter.schemas.enable=false"), true);
  assertEquals(made.includes("listeners=http://0.0.0.0:8083"), true);
});
