import { assertEquals, assertRejects } from "@std/assert";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { type OwnBrokers, withOwnBrokers } from "./own_brokers.ts";

const PASSWORD = `pass"word\\;`;

Deno.test("up() runs a broker that asks for a login, and tool() logs in as KAFKA_SASL_* says", () =>
  withOwnBrokers(async (own) => {
    askForLogin(own);
    await own.engine.up();
    const login = {
      KAFKA_BROKERS: own.engine.addresses()[0] ?? "",
      KAFKA_SASL_MECHANISM: "plain",
      KAFKA_SASL_USERNAME: "reader",
      KAFKA_SASL_PASSWORD: PASSWORD,
    };
    await withVariables(login, async () => {
      for (
        const args of [
          ["topics", "--list"],
          ["cluster", "cluster-id"],
          ["transactions", "list"],
        ]
      ) {
        const [name = "", ...rest] = args;
        const { code, stderr, stdout } = await own.engine.tool(name, rest);
        assertEquals(code, 0, `${args}: ${stderr}${stdout}`);
      }
      const admin = kafkaClient(connectionFromEnvironment()).admin();
      await admin.connect();
      assertEquals(await admin.listTopics(), []);
      await admin.disconnect();
    });
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

async function withVariables(
  variables: Record<string, string>,
  work: () => Promise<void>,
) {
  for (const [name, value] of Object.entries(variables)) {
    Deno.env.set(name, value);
  }
  try {
    await work();
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
}
