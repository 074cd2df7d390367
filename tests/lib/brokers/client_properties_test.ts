import { assertEquals } from "@std/assert";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { clientProperties } from "lib/brokers/client_properties.ts";

Deno.test("clientProperties() has nothing to say of a cluster without TLS and login", () => {
  assertEquals(clientProperties(connectionFromEnvironment({}), {}), undefined);
});

Deno.test("clientProperties() names protocol, mechanism and login", () => {
  const properties = clientProperties(
    connectionFromEnvironment({
      KAFKA_BROKERS: "example.com:9093",
      KAFKA_SSL: "true",
      KAFKA_SASL_MECHANISM: "scram-sha-512",
      KAFKA_SASL_USERNAME: "me",
      KAFKA_SASL_PASSWORD: "secret",
    }),
    {},
  );
  assertEquals(
    properties,
    `security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="me" password="secret";
`,
  );
});
