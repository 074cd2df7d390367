import { assert, assertEquals, assertThrows } from "@std/assert";
import { rootCertificates } from "node:tls";
import { certificateAuthority } from "lib/brokers/certificates.ts";
import { clientProperties } from "lib/brokers/client_properties.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { trustedAuthorities } from "lib/brokers/trusted_authorities.ts";

const { certificate } = await certificateAuthority("Kitchen");
const connection = { brokers: ["localhost:9093"], chosen: true };

/** Calls with the path of a file that holds the authority's certificate. */
async function withFile(work: (path: string) => void): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".pem" });
  Deno.writeTextFileSync(path, `Subject: Kitchen\n${certificate}`);
  try {
    work(path);
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("trustedAuthorities() are those of the system unless something else is named", () => {
  assertEquals(trustedAuthorities({ ...connection, ssl: true }, {}), undefined);
  const env = { DENO_CERT: "no/such/file" };
  assertEquals(
    trustedAuthorities({ ...connection, ssl: false }, env),
    undefined,
    "without TLS, nobody looks",
  );
});

Deno.test("trustedAuthorities() is the one of KAFKA_SSL_CA alone, as for KafkaJS", () => {
  assertEquals(
    trustedAuthorities({ ...connection, ssl: { ca: certificate } }, {
      DENO_CERT: "no/such/file",
    }),
    [certificate],
  );
});

Deno.test("trustedAuthorities() adds those that Deno is told of to those that it knows", () =>
  withFile((path) => {
    const ssl = { ...connection, ssl: true };
    for (
      const env of [
        { DENO_CERT: path },
        { NODE_EXTRA_CA_CERTS: path },
        { SSL_CERT_FILE: path, DENO_TLS_CA_STORE: "mozilla,system" },
      ]
    ) {
      const trusted = trustedAuthorities(ssl, env);
      assertEquals(trusted?.at(-1), certificate);
      assertEquals(trusted?.length, rootCertificates.length + 1);
    }
    assertEquals(trustedAuthorities(ssl, { SSL_CERT_FILE: path }), undefined);
    assertEquals(
      trustedAuthorities(ssl, { NODE_EXTRA_CA_CERTS: "no/such/file" }),
      rootCertificates.map((one) => `${one.trim()}\n`),
      "as Deno, which only warns",
    );
    assertThrows(
      () => trustedAuthorities(ssl, { DENO_CERT: "no/such/file" }),
      EngineError,
      "DENO_CERT names 'no/such/file'",
    );
  }));

Deno.test("clientProperties() holds the authorities themselves", () =>
  withFile((path) => {
    const ca = certificate + certificate;
    const [, type, certificates, ...more] = clientProperties({
      ...connection,
      ssl: { ca },
    }, {})!
      .split("\n");
    assertEquals(type, "ssl.truststore.type=PEM");
    assertEquals(
      certificates?.replaceAll("\\n", "\n"),
      `ssl.truststore.certificates=${ca.trim()}`,
    );
    assertEquals(more, [""]);

    const withRoots = clientProperties({ ...connection, ssl: true }, {
      DENO_CERT: path,
    })!;
    assert(
      withRoots.split("-----BEGIN CERTIFICATE-----").length >
        rootCertificates.length,
    );
  }));
