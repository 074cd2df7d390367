import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import {
  otherCommand,
  type OwnBrokers,
  withOwnBrokers,
} from "../_own_brokers.ts";

const PASSWORD = `pass"word\\;`;

Deno.test("up() runs a broker that asks for a login, and tools log in as KAFKA_SASL_* says", () =>
  withOwnBrokers(async (own) => {
    askForLogin(own);
    await own.engine.up();
    const login = {
      KAFKA_BROKERS: own.engine.addresses()[0] ?? "",
      KAFKA_SASL_MECHANISM: "plain",
      KAFKA_SASL_USERNAME: "reader",
      KAFKA_SASL_PASSWORD: PASSWORD,
    };
    for (
      const { code, stderr, stdout } of await Promise.all([
        runTool(own, login, "topics", "--list"),
        runTool(own, login, "cluster", "cluster-id"),
        runTool(own, login, "transactions", "list"),
      ])
    ) assertEquals(code, 0, stderr + stdout);
    const admin = kafkaClient(connectionFromEnvironment(login)).admin();
    await admin.connect();
    assertEquals(await admin.listTopics(), []);
    await admin.disconnect();

    const wrong = { ...login, KAFKA_SASL_PASSWORD: "wrong" };
    const refused = await runTool(own, wrong, "topics", "--list");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "Authentication failed");
    const stranger = kafkaClient({
      brokers: own.engine.addresses(),
      sasl: { mechanism: "plain", username: "reader", password: "wrong" },
      retry: { retries: 0 },
    }).admin();
    await assertRejects(() => stranger.connect());
    await stranger.disconnect();
  }));

/** Makes the listener for clients one that asks for user and password. */
function askForLogin({ edit }: OwnBrokers) {
  const escaped = PASSWORD.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    // Once more for server.properties, where a backslash is special, too.
    .replaceAll("\\", "\\\\");
  const login =
    `org.apache.kafka.common.security.plain.PlainLoginModule required user_reader="${escaped}";`;
  edit((text) =>
    text.replace("PLAINTEXT:PLAINTEXT,", "PLAINTEXT:SASL_PLAINTEXT,")
      .replace(
        "      KAFKA_NODE_ID: 1\n",
        `      KAFKA_NODE_ID: 1
      KAFKA_LISTENER_NAME_PLAINTEXT_SASL_ENABLED_MECHANISMS: PLAIN
      KAFKA_LISTENER_NAME_PLAINTEXT_PLAIN_SASL_JAAS_CONFIG: '${login}'
`,
      )
  );
}

/** Runs a tool in a process of its own, as its variables are not meant for the tests beside this one. */
async function runTool(
  own: OwnBrokers,
  variables: Record<string, string>,
  ...args: string[]
) {
  const tool = otherCommand(own, ["tool", ...args], variables);
  const { code, stdout, stderr } = await tool.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}
