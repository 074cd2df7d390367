import { assertEquals, assertStringIncludes } from "@std/assert";
import { within } from "lib/client/deadline.ts";
import { createTopic } from "lib/admin/topic.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { configOptions } from "../../../tasks/config.ts";
import { ALICE, withSecuredBroker } from "../_secured_broker.ts";

const CONFIG = await configOptions();
const MODULE = new URL(
  "../../../lib/brokers/kafka_tool.ts",
  import.meta.url,
).href;

/** What kafkaTool() does in a process with these variables: they are not meant for the tests beside this one. */
async function runTool(
  env: Record<string, string>,
  name: string,
  args: string[],
  input = "",
): Promise<string> {
  const call = JSON.stringify([name, args, { input, deadlineMs: 120_000 }]);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["eval", ...CONFIG],
      `const { kafkaTool } = await import("${MODULE}");
       console.log(await kafkaTool(...${call}).catch(({ name, message }) => name + ": " + message));`,
    ],
    // What this machine's own variables have Deno trust is not what is asked here.
    clearEnv: true,
    env: { ...ownVariables(), ...env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return text.decode(stdout).trim() || text.decode(stderr);
}

/** Where Deno and Java find what is theirs. */
function ownVariables(): Record<string, string> {
  const names = ["PATH", "HOME", "TMPDIR", "DENO_DIR", "JAVA_HOME", "NO_COLOR"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

Deno.test("kafkaTool() trusts what KafkaJS trusts, and says why a broker takes no tool", async (t) => {
  const folder = await Deno.makeTempDir();
  await withSecuredBroker(async ({ authority, broker, doors }) => {
    const ca = `${folder}/ca.pem`;
    Deno.writeTextFileSync(ca, authority.certificate);
    const login = {
      KAFKA_BROKERS: doors.LOGIN,
      KAFKA_SSL: "true",
      KAFKA_SASL_MECHANISM: "scram-sha-512",
      KAFKA_SASL_USERNAME: ALICE.username,
      KAFKA_SASL_PASSWORD: ALICE.password,
    };
    const kafka = kafkaClient({ brokers: [broker.address], ssl: false });
    await createTopic(kafka, "orders", { partitions: 1 });

    for (const variable of ["KAFKA_SSL_CA", "DENO_CERT"]) {
      await t.step(`with the authority of ${variable}`, async () => {
        // A machine may have more of its own to trust: theirs come before or after.
        const env = { ...login, [variable]: ca };
        assertEquals(
          await runTool(
            env,
            "console-producer",
            ["--topic", "orders"],
            "pizza\n",
          ),
          "",
        );
        assertEquals(
          await runTool(env, "console-consumer", [
            ...["--topic", "orders", "--from-beginning", "--max-messages", "1"],
          ]),
          "pizza",
        );
      });
    }
    const refused: [string, Record<string, string>, string][] = [
      ["an unknown authority", login, "is signed by 'Kitchen', which is not"],
      [
        "an expired certificate",
        { KAFKA_BROKERS: doors.EXPIRED, KAFKA_SSL_CA: ca },
        `the certificate of ${doors.EXPIRED} expired on 20`,
      ],
      [
        "a missing login",
        { KAFKA_BROKERS: doors.LOGIN, KAFKA_SSL_CA: ca },
        `${doors.LOGIN} asks for a login (SCRAM-SHA-512)`,
      ],
      [
        "missing TLS",
        { KAFKA_BROKERS: doors.EXPIRED },
        "set KAFKA_SSL=true",
      ],
      [
        "a wrong password",
        { ...login, KAFKA_SSL_CA: ca, KAFKA_SASL_PASSWORD: "wrong" },
        "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512",
      ],
    ];
    for (const [what, env, sentence] of refused) {
      await t.step(`with ${what}`, async () => {
        const outcome = await within(
          runTool(env, "console-producer", ["--topic", "orders"], "pasta\n"),
          { deadlineMs: 90_000, what: "the reason" },
        );
        assertStringIncludes(
          outcome,
          "EngineError: Cannot run kafka-console-producer --topic orders: ",
        );
        assertStringIncludes(outcome, sentence);
      });
    }
    await t.step("and tool() of the broker itself needs neither", async () => {
      const { code, stdout } = await broker.tool("get-offsets", [
        ...["--topic", "orders"],
      ]);
      assertEquals([code, stdout], [0, "orders:0:2\n"]);
    });
  }).finally(() => Deno.remove(folder, { recursive: true }));
});
