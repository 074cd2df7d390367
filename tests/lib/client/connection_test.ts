import { assertEquals, assertThrows } from "@std/assert";
import {
  ConnectionError,
  connectionFromEnvironment,
} from "lib/client/connection.ts";
import { certificateAuthority } from "lib/brokers/certificates.ts";

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

Deno.test("connectionFromEnvironment() reads IPv6 addresses in brackets", () => {
  const { brokers } = connectionFromEnvironment({
    KAFKA_BROKERS: "[::1]:9092, [2001:db8::7]:9093,[fe80::1%lo]:9094",
  });
  assertEquals(brokers, [
    "[::1]:9092",
    "[2001:db8::7]:9093",
    "[fe80::1%lo]:9094",
  ]);
});

Deno.test("connectionFromEnvironment() reads the authority of KAFKA_SSL_CA, which means TLS", async () => {
  const path = await Deno.makeTempFile({ suffix: ".pem" });
  const [one, other] = await Promise.all(
    ["One", "Other"].map((name) => certificateAuthority(name)),
  );
  const { privateKey } = await one!.issue("broker");
  // As `openssl` writes such files, and on Windows.
  Deno.writeTextFileSync(
    path,
    `subject=CN=One\r\n${
      one!.certificate.replaceAll("\n", "\r\n")
    }${privateKey}\n${other!.certificate}`,
  );
  try {
    const env = { KAFKA_SSL_CA: path };
    const { ssl } = connectionFromEnvironment(env);
    assertEquals(
      (ssl as { ca: string }).ca.replaceAll("\r", ""),
      one!.certificate + other!.certificate,
    );
    assertEquals(
      connectionFromEnvironment({ ...env, KAFKA_SSL: "1" }).ssl,
      ssl,
    );
    // To do without TLS for once, nothing else need be unset.
    assertEquals(
      connectionFromEnvironment({ ...env, KAFKA_SSL: "false" }).ssl,
      false,
    );
    for (
      const [text, sentence] of [
        [privateKey, `no certificate is in '${path}'`],
        ["", `no certificate is in '${path}'`],
        [
          one!.certificate + other!.certificate.replace(/.{64}\n/, "oops\n"),
          `certificate 2 of 2 cannot be read in '${path}'`,
        ],
      ]
    ) {
      Deno.writeTextFileSync(path, text!);
      assertThrows(
        () => connectionFromEnvironment(env),
        ConnectionError,
        `Cannot read KAFKA_SSL_CA as ${sentence}: name the PEM file`,
      );
    }
  } finally {
    Deno.removeSync(path);
  }
  assertThrows(
    () => connectionFromEnvironment({ KAFKA_SSL_CA: path }),
    ConnectionError,
    `Cannot read KAFKA_SSL_CA: there is no file '${path}'`,
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
  [{ KAFKA_BROKERS: "::1:9092" }, "'::1:9092' is not an address: write [::1]"],
  [{ KAFKA_BROKERS: "[::1]" }, "'[::1]' is not an address: write [::1]:port"],
  [{ KAFKA_BROKERS: "[localhost]:9092" }, "'[localhost]:9092' is not an"],
  [{ KAFKA_BROKERS: "[::1:9092" }, "'[::1:9092' is not an address"],
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
    assertThrows(
      () => connectionFromEnvironment(env),
      ConnectionError,
      sentence,
    );
  });
}
