import { assertEquals, assertRejects } from "@std/assert";
import { denialsIn } from "lib/brokers/denials.ts";
import { loggedDuring, outcomesOf, refusalsIn } from "lib/brokers/refusals.ts";

const TIME = "[2026-11-26 15:56:46,977]";
const SERVER = "[SocketServer listenerType=BROKER, nodeId=1]";
const CHANNEL = "(channelId=127.0.0.1:20640-127.0.0.1:40484-11-0)";
const SELECTOR = "(org.apache.kafka.common.network.Selector)";
const DENIED =
  `${TIME} INFO Principal = User:CN=alice,O=Kitchen is Denied operation = DESCRIBE from host = 127.0.0.1 ` +
  "on resource = Topic:LITERAL:orders for request = Metadata with resourceRefCount = 1 " +
  "based on rule DefaultDeny (kafka.authorizer.logger)";

Deno.test("refusalsIn() tells TLS, login and rights apart", () => {
  const log = [
    `${TIME} INFO ${SERVER} Failed authentication with /127.0.0.1 ${CHANNEL} (SSL handshake failed) ${SELECTOR}`,
    `${TIME} INFO ${SERVER} Failed authentication with /127.0.0.1 ${CHANNEL} (Unsupported SASL mechanism PLAIN) ${SELECTOR}`,
    `${TIME} WARN ${SERVER} Unexpected error from /127.0.0.1 ${CHANNEL}; closing connection ${SELECTOR}`,
    "org.apache.kafka.common.errors.InvalidRequestException: Unexpected Kafka request of type METADATA during SASL handshake.",
    "\tat org.apache.kafka.common.security.Something.run(Something.java:1)",
    "org.apache.kafka.common.network.InvalidReceiveException: Invalid receive (size = 369295616 larger than 104857600)",
    DENIED,
    `${TIME} INFO Something else (kafka.server.KafkaServer)`,
  ].join("\n");
  assertEquals(refusalsIn(log), [
    { layer: "TLS", reason: "SSL handshake failed" },
    { layer: "login", reason: "Unsupported SASL mechanism PLAIN" },
    {
      layer: "login",
      reason:
        "Unexpected Kafka request of type METADATA during SASL handshake.",
    },
    {
      layer: "TLS",
      reason: "Invalid receive (size = 369295616 larger than 104857600)",
    },
    {
      layer: "rights",
      reason: "User:CN=alice,O=Kitchen is denied DESCRIBE on Topic orders",
    },
  ]);
});

Deno.test("refusalsIn() names the login for TLS spoken to a listener that has a login and no TLS", () => {
  const reason = "Failing SASL authentication due to invalid receive size";
  assertEquals(
    refusalsIn(
      `${TIME} INFO ${SERVER} Failed authentication with /127.0.0.1 ${CHANNEL} (${reason}) ${SELECTOR}`,
    ),
    [{ layer: "login", reason }],
  );
});

Deno.test("refusalsIn() gives the reason of a refused token, without the token", () => {
  const refused = (details: string) =>
    refusalsIn(
      `${TIME} WARN Could not validate the access token: JWT rejected. Additional details: ${details} (org.apache.kafka.OAuth)`,
    )[0]?.reason;
  assertEquals(
    refused(
      "[[1] The JWT is no longer valid - the evaluation time NumericDate{1} is on or after.]",
    ),
    "The JWT is no longer valid",
  );
  assertEquals(
    refused('[[9] Invalid JWS Signature: JsonWebSignature{"alg":"RS256"}]'),
    "Invalid JWS Signature",
  );
  assertEquals(
    refused(
      "[[8] Audience (aud) claim [x] doesn't contain an acceptable identifier. Expected kafka as an aud value.]",
    ),
    "Audience (aud) claim [x] doesn't contain an acceptable identifier. Expected kafka as an aud value",
  );
});

Deno.test("denialsIn() reads who was denied what, on what, by which rule", () => {
  assertEquals(denialsIn(`first line\n${DENIED}\n`), [{
    principal: "User:CN=alice,O=Kitchen",
    operation: "DESCRIBE",
    resourceType: "Topic",
    resource: "orders",
    request: "Metadata",
    host: "127.0.0.1",
    rule: "DefaultDeny",
  }]);
});

Deno.test("loggedDuring() waits for what the broker writes after its client is gone", async () => {
  let log = "before\n";
  let later: ReturnType<typeof setTimeout> | undefined;
  const { result, logged } = await loggedDuring(
    { log: () => Promise.resolve(log) },
    () => {
      log += "during\n";
      later = setTimeout(() => log += "after\n", 20);
      return Promise.resolve(1);
    },
  );
  clearTimeout(later);
  assertEquals([result, logged], [1, "during\nafter"]);
});

Deno.test("loggedDuring() finds what came in before the standard error, with which a container's log ends", async () => {
  let output = "started\n";
  const errors = "a long warning of the JVM's, which was there before\n";
  const broker = { log: () => Promise.resolve(output + errors) };
  const { logged } = await loggedDuring(broker, () => {
    output += "denied\n";
    return Promise.resolve();
  });
  assertEquals(logged, "denied");
});

Deno.test("loggedDuring() does not hide what its work throws", async () => {
  await assertRejects(
    () =>
      loggedDuring(
        { log: () => Promise.resolve("") },
        () => Promise.reject(new Error("not now")),
      ),
    Error,
    "not now",
  );
});

Deno.test("outcomesOf() puts the client's words beside the broker's, in order", async () => {
  let log = "";
  const outcomes = await outcomesOf({ log: () => Promise.resolve(log) }, {
    works: () => Promise.resolve(undefined),
    answers: () => Promise.resolve(["a", "b"]),
    fails: () => {
      log += DENIED;
      return Promise.reject(new Error("Not authorized"));
    },
  });
  assertEquals(outcomes, [
    { attempt: "works", kafkajs: "done", layer: "-", log: "" },
    { attempt: "answers", kafkajs: "a,b", layer: "-", log: "" },
    {
      attempt: "fails",
      kafkajs: "Not authorized",
      layer: "rights",
      log: "User:CN=alice,O=Kitchen is denied DESCRIBE on Topic orders",
    },
  ]);
});

Deno.test("outcomesOf() waits for the refusal of what failed: a container's log comes late", async () => {
  let log = "";
  let later: ReturnType<typeof setTimeout> | undefined;
  const [outcome] = await outcomesOf({ log: () => Promise.resolve(log) }, {
    fails: () => {
      later = setTimeout(() => log += DENIED, 700);
      return Promise.reject(new Error("Not authorized"));
    },
  });
  clearTimeout(later);
  assertEquals(outcome?.layer, "rights");
});
