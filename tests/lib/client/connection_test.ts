import { assertEquals, assertThrows } from "@std/assert";
import { connectionFromEnvironment } from "lib/client/connection.ts";

Deno.test("connectionFromEnvironment() takes localhost:9092 when nothing is set", () => {
  assertEquals(connectionFromEnvironment({}), {
    brokers: ["localhost:9092"],
    ssl: false,
    chosen: false,
  });
});

Deno.test("connectionFromEnvironment() reads several brokers, TLS and a login", () => {
  assertEquals(
    connectionFromEnvironment({
      KAFKA_BROKERS: " a.example.com:9092,b:1 ,",
      KAFKA_SSL: "TRUE",
      KAFKA_SASL_MECHANISM: "SCRAM-SHA-256",
      KAFKA_SASL_USERNAME: "me",
      KAFKA_SASL_PASSWORD: "secret",
    }),
    {
      brokers: ["a.example.com:9092", "b:1"],
      ssl: true,
      sasl: { mechanism: "scram-sha-256", username: "me", password: "secret" },
      chosen: true,
    },
  );
});

const refused: [Record<string, string>, string][] = [
  [
    { KAFKA_BROKERS: "localhost" },
    "'localhost' is not an address: write host:port",
  ],
  [{ KAFKA_BROKERS: "a:9092,b" }, "'b' is not an address"],
  [
    { KAFKA_BROKERS: "PLAINTEXT://a:9092" },
    "'PLAINTEXT://a:9092' is not an address",
  ],
  [{ KAFKA_BROKERS: "a:70000" }, "'a:70000' is not an address"],
  [{ KAFKA_BROKERS: "a:0" }, "'a:0' is not an address"],
  [{ KAFKA_BROKERS: "," }, "it names no address"],
  [
    { KAFKA_SSL: "on please" },
    "KAFKA_SSL as it must be 'true' or 'false': current value is",
  ],
  [{ KAFKA_SASL_USERNAME: "me" }, "KAFKA_SASL_MECHANISM is not"],
  [{ KAFKA_SASL_MECHANISM: "kerberos" }, "current value is 'kerberos'"],
  [{ KAFKA_SASL_MECHANISM: "plain" }, "KAFKA_SASL_USERNAME is not set"],
  [
    { KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: "me" },
    "KAFKA_SASL_PASSWORD is not set",
  ],
];
for (const [env, sentence] of refused) {
  Deno.test(`connectionFromEnvironment() refuses ${JSON.stringify(env)}`, () => {
    assertThrows(() => connectionFromEnvironment(env), Error, sentence);
  });
}
