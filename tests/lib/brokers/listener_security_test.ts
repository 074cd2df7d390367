import { assertEquals } from "@std/assert";
import { listenerSettings } from "lib/brokers/listener_security.ts";

const tls = {
  certificate: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
  privateKey: "-----BEGIN PRIVATE KEY-----\nBB==\n-----END PRIVATE KEY-----\n",
};

Deno.test("listenerSettings() knows the four protocols", () => {
  const login = { scram: ["SCRAM-SHA-256" as const] };
  assertEquals(
    [{}, { tls }, { login }, { tls, login }].map((security) =>
      listenerSettings("X", security).protocol
    ),
    ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
  );
});

Deno.test("listenerSettings() names each setting as Kafka's image wants it", () => {
  assertEquals(listenerSettings("BACK_DOOR", {}).environment, {});
  assertEquals(
    listenerSettings("BACK_DOOR", {
      tls: { ...tls, clientAuthority: tls.certificate },
      login: { plain: { ann: 'a"\\b' }, scram: ["SCRAM-SHA-512"] },
    }).environment,
    {
      KAFKA_LISTENER_NAME_BACK__DOOR_SSL_KEYSTORE_TYPE: "PEM",
      KAFKA_LISTENER_NAME_BACK__DOOR_SSL_KEYSTORE_KEY:
        "-----BEGIN PRIVATE KEY-----\\nBB==\\n-----END PRIVATE KEY-----",
      KAFKA_LISTENER_NAME_BACK__DOOR_SSL_KEYSTORE_CERTIFICATE_CHAIN:
        "-----BEGIN CERTIFICATE-----\\nAA==\\n-----END CERTIFICATE-----",
      KAFKA_LISTENER_NAME_BACK__DOOR_SSL_CLIENT_AUTH: "required",
      KAFKA_LISTENER_NAME_BACK__DOOR_SSL_TRUSTSTORE_TYPE: "PEM",
      KAFKA_LISTENER_NAME_BACK__DOOR_SSL_TRUSTSTORE_CERTIFICATES:
        "-----BEGIN CERTIFICATE-----\\nAA==\\n-----END CERTIFICATE-----",
      KAFKA_LISTENER_NAME_BACK__DOOR_SASL_ENABLED_MECHANISMS:
        "PLAIN,SCRAM-SHA-512",
      KAFKA_LISTENER_NAME_BACK__DOOR_PLAIN_SASL_JAAS_CONFIG:
        'org.apache.kafka.common.security.plain.PlainLoginModule required user_ann="a\\\\"\\\\\\\\b";',
      KAFKA_LISTENER_NAME_BACK__DOOR_SCRAM___SHA___512_SASL_JAAS_CONFIG:
        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    },
  );
});

Deno.test("listenerSettings() says whose tokens to take, and where the JVM may fetch keys", () => {
  const tokens = {
    keysUrl: "http://127.0.0.1:1/keys",
    issuer: "me",
    audience: "kafka",
  };
  const { protocol, environment, systemProperties } = listenerSettings("T", {
    login: { tokens, sessionMs: 3_000 },
  });
  assertEquals(protocol, "SASL_PLAINTEXT");
  assertEquals(systemProperties, {
    "org.apache.kafka.sasl.oauthbearer.allowed.urls": tokens.keysUrl,
  });
  const prefix = "KAFKA_LISTENER_NAME_T_";
  assertEquals(environment[`${prefix}SASL_ENABLED_MECHANISMS`], "OAUTHBEARER");
  assertEquals(
    environment[`${prefix}OAUTHBEARER_SASL_OAUTHBEARER_JWKS_ENDPOINT_URL`],
    tokens.keysUrl,
  );
  assertEquals(
    environment[`${prefix}OAUTHBEARER_CONNECTIONS_MAX_REAUTH_MS`],
    "3000",
  );
});
