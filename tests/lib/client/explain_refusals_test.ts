import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { createServer, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { explainRefusals } from "lib/client/explain_refusals.ts";
import { visitClusters } from "lib/client/inner_cluster.ts";
import { isBrokenLogin } from "lib/client/login_finding.ts";
import {
  certificateAuthority,
  type CertificateWithKey,
} from "lib/brokers/certificates.ts";

/** Runs a server with TLS that takes connections and says nothing. */
async function withTlsServer(
  { certificate: cert, privateKey: key }: CertificateWithKey,
  work: (address: string) => Promise<void>,
): Promise<void> {
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert, key }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** What a mended client's first connection ends with, and how often KafkaJS says that it tries another broker. */
async function tryToConnect(
  config: KafkaConfig,
): Promise<{ message: string; tries: number }> {
  let tries = 0;
  const kafka = new Kafka({
    logLevel: logLevel.ERROR,
    logCreator: () => ({ log }) => {
      if (log.message.startsWith("Failed to connect to seed")) tries++;
    },
    ...config,
    retry: { initialRetryTime: 10, maxRetryTime: 20, ...config.retry },
  });
  visitClusters(kafka, explainRefusals);
  const admin = kafka.admin();
  const message = await admin.connect().then(
    () => "connected",
    (error) => error.message,
  );
  await admin.disconnect();
  return { message, tries };
}

Deno.test("explainRefusals() ends after one round through the addresses", async () => {
  const authority = await certificateAuthority("Kitchen");
  const old = await authority.issue("broker", {
    validUntil: new Date(Date.now() - 60_000),
  });
  await withTlsServer(old, (one) =>
    withTlsServer(old, async (other) => {
      const config = {
        ssl: { ca: [authority.certificate] },
        retry: { retries: 1_000 },
      };
      const alone = await tryToConnect({ ...config, brokers: [one] });
      assertStringIncludes(alone.message, `of ${one} expired on 2`);
      assertEquals(alone.tries, 1);
      const both = await tryToConnect({ ...config, brokers: [one, other] });
      assertStringIncludes(both.message, `of ${one} expired on 2`);
      assertEquals(both.tries, 2);
    }));
});

Deno.test("explainRefusals() goes on as long as an address may yet take the client", async () => {
  const authority = await certificateAuthority("Kitchen");
  const good = await authority.issue("broker");
  // One refuses for good; at the other, nothing listens at present.
  await withTlsServer(good, async (stranger) => {
    const { tries } = await tryToConnect({
      brokers: [stranger, "127.0.0.1:1"],
      ssl: true,
      retry: { retries: 7 },
    });
    assertEquals(tries, 8);
  });
  const { message, tries } = await tryToConnect({
    brokers: ["127.0.0.1:1"],
    retry: { retries: 3 },
  });
  assertEquals(tries, 4);
  assertStringIncludes(message, "ECONNREFUSED");
});

Deno.test("explainRefusals() says what it found when tries are used up first", async () => {
  const authority = await certificateAuthority("Kitchen");
  await withTlsServer(await authority.issue("broker"), async (address) => {
    const { message } = await tryToConnect({
      brokers: [address],
      ssl: true,
      retry: { retries: 0 },
    });
    assertStringIncludes(
      message,
      `Cannot connect to Kafka as the certificate of ${address} is signed by 'Kitchen'`,
    );
  });
});

Deno.test("isBrokenLogin() tells a login that was cut short from one that was refused", () => {
  const error = (message: string) =>
    Object.assign(new Error(message), {
      name: "KafkaJSSASLAuthenticationError",
    });
  const plain = { mechanism: "plain", username: "a", password: "b" } as const;
  const scram = { ...plain, mechanism: "scram-sha-256" } as const;
  const token = {
    mechanism: "oauthbearer",
    oauthBearerProvider: () => Promise.resolve({ value: "t" }),
  } as const;
  for (
    const reason of [
      "Closed connection",
      "Connection error: read ECONNRESET",
      "Connection closed by the server",
      "Request SaslAuthenticate(key: 36, version: 1) timed out",
      "Not connected",
    ]
  ) {
    assert(
      isBrokenLogin(
        error(`SASL PLAIN authentication failed: ${reason}`),
        plain,
      ),
    );
    assert(
      isBrokenLogin(
        error(`SASL SCRAM SHA256 authentication failed: ${reason}`),
        scram,
      ),
    );
    // A token that is refused is answered in no other way.
    assert(
      !isBrokenLogin(
        error(`SASL OAUTHBEARER authentication failed: ${reason}`),
        token,
      ),
    );
  }
  assert(
    !isBrokenLogin(
      error("SASL PLAIN authentication failed: Invalid username or password"),
      plain,
    ),
  );
  assert(!isBrokenLogin(new Error("Closed connection"), plain));
});
