import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { until } from "../../../_patience.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { isThere } from "lib/brokers/is_there.ts";
import { localEngine } from "lib/brokers/local/local_engine.ts";
import { findProcesses } from "lib/brokers/process_identity.ts";
import { processMark } from "lib/brokers/process_mark.ts";
import {
  otherCommand,
  type OwnBrokers,
  withOwnBrokers,
} from "../../_own_brokers.ts";

Deno.test("up() names a port in use and its owner, and starts nothing", () =>
  withOwnBrokers(async (own) => {
    using _taken = Deno.listen({
      hostname: "127.0.0.1",
      port: own.port(19192),
    });
    const error = await assertRejects(
      () => own.engine.up({ cluster: true }),
      EngineError,
      `Cannot start 'kafka-2': port ${
        own.port(19192)
      } is in use by process ${Deno.pid} (`,
    );
    assertStringIncludes(error.message, "end that process");
    assertEquals(jvms(own, "kafka-1"), 0);
    assertEquals(await states(own), ["absent", "absent", "absent", "absent"]);
  }));

Deno.test("up() names the folder of another broker that holds its port", () =>
  withOwnBrokers((own) =>
    withOwnBrokers(async (other) => {
      await other.engine.up();
      own.edit((text) =>
        text.replaceAll(String(own.port(9092)), String(other.port(9092)))
      );
      const folder = Deno.realPathSync(other.stateFolder);
      await assertRejects(
        () => own.engine.up(),
        EngineError,
        `(the broker of ${folder}/brokers/kafka); end that process`,
      );
    })
  ));

Deno.test("up() takes no notice of a stale process file, and nobody signals the stranger it names", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up();
    await own.engine.kill("kafka");
    const stranger = new Deno.Command("sleep", { args: ["60"] }).spawn();
    const path = `${own.stateFolder}/brokers/kafka/service.json`;
    const record = JSON.parse(Deno.readTextFileSync(path));
    delete record.ended;
    record.process.pid = stranger.pid;
    Deno.writeTextFileSync(path, JSON.stringify(record));
    try {
      const [status] = await own.engine.status({ services: ["kafka"] });
      assertEquals(status?.state, "killed");
      await assertRejects(() => own.engine.kill("kafka"), EngineError);
      await own.engine.up();
      await own.engine.down();
      stranger.kill("SIGCONT"); // Throws if it is gone.
    } finally {
      stranger.kill("SIGKILL");
      await stranger.status;
    }
  }));

Deno.test("two up() at once make one broker, and the second says that it waits", () =>
  withOwnBrokers(async (own) => {
    const commands = [otherCommand(own, ["up"]), otherCommand(own, ["up"])];
    const outputs = await Promise.all(
      commands.map((command) => command.output()),
    );
    const texts = outputs.map(({ code, stdout, stderr }) => {
      assertEquals(code, 0, decode(stderr));
      return decode(stdout);
    });
    const waited = texts.filter((text) =>
      text.includes("Waiting for 'kafka up' of process")
    );
    assertEquals(waited.length, 1, texts.join("---"));
    assertStringIncludes(waited[0] ?? "", "kafka: runs already");
    assertEquals(jvms(own, "kafka"), 1);
  }));

Deno.test("up() that is killed leaves nothing that status() does not find and down() does not end", () =>
  withOwnBrokers(async (own) => {
    // At every stage: before the first JVM, while it formats, while the broker starts.
    for (const waitFor of ["lock", "prepare", "broker"] as const) {
      const launcher = otherCommand(own, ["up"]);
      await until(() => reached(own, waitFor), {
        what: `the stage '${waitFor}'`,
        intervalMs: 5,
      });
      launcher.kill("SIGKILL");
      await launcher.output();

      const running = jvms(own, "kafka");
      const [status] = await own.engine.status({ services: ["kafka"] });
      assert(
        running === 0 || ["starting", "running"].includes(status?.state ?? ""),
        `${running} JVMs, but status says ${status?.state}`,
      );
      await own.engine.down();
      assertEquals(jvms(own, "kafka"), 0);
    }
    await own.engine.up();
    assertEquals(jvms(own, "kafka"), 1);
  }));

Deno.test("up() after one that was killed takes over the broker that it had started", () =>
  withOwnBrokers(async (own) => {
    const launcher = otherCommand(own, ["up"]);
    await until(() => reached(own, "broker"), {
      what: "the broker",
      intervalMs: 5,
    });
    launcher.kill("SIGKILL");
    await launcher.output();
    await own.engine.up();
    assertEquals(jvms(own, "kafka"), 1);
  }));

Deno.test("up() says what to run where Java or the jars are missing", () =>
  withOwnBrokers(async (own) => {
    const withoutJars = localEngine({
      ...own.options,
      jarsFolder: `${own.stateFolder}/no-jars`,
    });
    await assertRejects(
      () => withoutJars.up(),
      EngineError,
      "no-jars; run 'deno task setup', which fetches them",
    );
    const withoutJava = otherCommand(
      { options: { ...own.options, pythonFolder: `${own.stateFolder}/no` } },
      ["up"],
      { PATH: "/nowhere", JAVA_HOME: "" },
    );
    const { code, stderr } = await withoutJava.output();
    assertEquals(code, 1);
    assertStringIncludes(
      decode(stderr),
      "/no, JAVA_HOME or PATH; run 'deno task setup', which fetches one",
    );
    assertEquals(await own.engine.down(), []);
  }));

async function states({ engine }: OwnBrokers) {
  return (await engine.status({ cluster: true })).map(({ state }) => state);
}

function jvms({ stateFolder }: OwnBrokers, service: string): number {
  const mark = processMark(
    `${Deno.realPathSync(stateFolder)}/brokers/${service}`,
  );
  return findProcesses(mark).length;
}

function reached(own: OwnBrokers, stage: "lock" | "prepare" | "broker") {
  const folder = `${own.stateFolder}/brokers`;
  if (stage === "lock") return isThere(`${folder}/lock`);
  if (!isThere(own.stateFolder)) return false;
  if (stage === "prepare") return jvms(own, "kafka") > 0;
  return isThere(`${folder}/kafka/prepared.json`) && jvms(own, "kafka") > 0;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
