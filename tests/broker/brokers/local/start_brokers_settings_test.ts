import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { processMark } from "lib/brokers/process_mark.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { isThere } from "lib/brokers/is_there.ts";
import { findProcesses } from "lib/brokers/process_identity.ts";
import { type OwnBrokers, withOwnBrokers } from "../../_own_brokers.ts";

/** Each a setting that Kafka refuses, at one of the moments when it looks. */
const REFUSED: { setting: string; says: string }[] = [
  {
    setting: "KAFKA_NUM_PARTITIONS: lots",
    says: "Invalid value lots for configuration num.partitions",
  },
  {
    setting: "KAFKA_NUM_PARTITIONS: 0",
    says: "Invalid value 0 for configuration num.partitions",
  },
  {
    setting: "KAFKA_LOG_CLEANUP_POLICY: shred",
    says: "log.cleanup.policy",
  },
];

for (const { setting, says } of REFUSED) {
  Deno.test(`up() names the variable and the line of '${setting}', in Kafka's words`, () =>
    withOwnBrokers(async (own) => {
      own.edit((text) =>
        text.replace(
          "      KAFKA_NODE_ID: 1\n",
          `      KAFKA_NODE_ID: 1\n      ${setting}\n`,
        )
      );
      const line = 1 + Deno.readTextFileSync(own.composeFile).split("\n")
        .findIndex((text) => text.trim() === setting);
      const error = await assertRejects(() => own.engine.up(), EngineError);
      const variable = setting.split(":")[0];
      assertStringIncludes(
        error.message,
        `Cannot start 'kafka': Kafka refuses ${variable} (line ${line} of `,
      );
      assertStringIncludes(error.message, says);
      await nothingIsLeft(own);
    }));
}

Deno.test("up() tells what the JVM says to options it does not know", () =>
  withOwnBrokers(async (own) => {
    own.edit((text) => text.replace("-XX:+UseSerialGC", "-XX:+UseSerialBC"));
    const error = await assertRejects(() => own.engine.up(), EngineError);
    assertStringIncludes(error.message, "UseSerialBC");
    await nothingIsLeft(own);
  }));

Deno.test("up() names key and line of what compose.yaml must not hold", () =>
  withOwnBrokers(async (own) => {
    own.edit((text) =>
      text.replace("\n  kafka:\n", "\n  kafka:\n    volums: []\n")
    );
    const line = 1 + Deno.readTextFileSync(own.composeFile).split("\n")
      .indexOf("    volums: []");
    await assertRejects(
      () => own.engine.up(),
      EngineError,
      `compose.yaml, line ${line}: unknown key 'volums' in service 'kafka'; did you mean 'volumes'?`,
    );
  }));

Deno.test("up() refuses jars of another version than compose.yaml names", () =>
  withOwnBrokers(async (own) => {
    own.edit((text) => text.replace(/apache\/kafka:\S+/, "apache/kafka:4.0.9"));
    await assertRejects(
      () => own.engine.up(),
      EngineError,
      "give jgo.toml the same version, then run 'deno task setup'",
    );
  }));

Deno.test("up() refuses a service that needs a container", () =>
  withOwnBrokers(async ({ engine }) => {
    await assertRejects(
      () => engine.up({ services: ["ui"] }),
      EngineError,
      "Cannot run 'ui' without containers: it is no Kafka",
    );
  }));

async function nothingIsLeft({ engine, stateFolder }: OwnBrokers) {
  const [status] = await engine.status({ services: ["kafka"] });
  assertEquals(status?.state, "absent");
  const data = `${stateFolder}/brokers/kafka/data`;
  const left = isThere(data) ? [...Deno.readDirSync(data)] : [];
  assert(left.length === 0, "the fresh data folder is empty again");
}

Deno.test("up() of a cluster in which one broker is refused leaves none of the others", () =>
  withOwnBrokers(async (own) => {
    own.edit((text) =>
      text.replace(
        "      KAFKA_NODE_ID: 2\n",
        "      KAFKA_NODE_ID: 2\n      KAFKA_NUM_PARTITIONS: lots\n",
      )
    );
    await assertRejects(
      () => own.engine.up({ cluster: true }),
      EngineError,
      "Cannot start 'kafka-2': Kafka refuses KAFKA_NUM_PARTITIONS",
    );
    // One that were launched late would show by then.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const states = (await own.engine.status({ cluster: true }))
      .map(({ state }) => state);
    assertEquals(states, ["absent", "absent", "absent", "absent"]);
    const folder = Deno.realPathSync(own.stateFolder);
    for (const name of ["controller", "kafka-1", "kafka-2", "kafka-3"]) {
      assertEquals(findProcesses(processMark(`${folder}/brokers/${name}`)), []);
    }
  }));
