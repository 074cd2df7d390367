import type { KafkaConfig } from "kafkajs";
import {
  type CertificateAuthority,
  certificateAuthority,
  type CertificateWithKey,
} from "lib/brokers/certificates.ts";
import { freePorts } from "lib/brokers/ports.ts";
import { setUser } from "lib/brokers/users.ts";
import { type ExtraBroker, extraBroker } from "lib/faults/extra_broker.ts";

const DAY_MS = 86_400_000;

/** The listeners of {@linkcode withSecuredBroker}, each with something of its own. */
const DOORS = [
  "LOGIN", // TLS and SCRAM-SHA-512
  "OPENLOGIN", // PLAIN and SCRAM-SHA-256, without TLS
  "MUTUAL", // TLS with a client's certificate
  "EXPIRED", // a certificate that is too old
  "EARLY", // one that is not valid yet
  "MISNAMED", // one for another host
  "STRANGER", // one of another authority
  "TOKEN", // OAUTHBEARER, without TLS
] as const;

/** A broker with listeners for all that can go wrong at one. */
export interface SecuredBroker {
  broker: ExtraBroker;
  authority: CertificateAuthority;
  /** Where each listener is: "localhost:20815". */
  doors: Record<typeof DOORS[number], string>;
}

/** The one user of PLAIN, whose password has all that has to be escaped somewhere. */
export const ANN = { username: "ann", password: 'a"b\\c$HOME,d=e f' };
/** The one user of SCRAM-SHA-512. */
export const ALICE = { username: "alice", password: "alice-secret" };

/** Runs a test with a secured broker of its own. */
export async function withSecuredBroker(
  work: (secured: SecuredBroker) => Promise<void>,
): Promise<void> {
  const authority = await certificateAuthority("Kitchen");
  const stranger = await certificateAuthority("Somebody else");
  const ports = freePorts(DOORS.length);
  const tls = await authority.issue("broker");
  const broker = extraBroker({
    listeners: DOORS.map((name, i) => `${name}://:${ports[i]}`).join(","),
    security: {
      LOGIN: { tls, login: { scram: ["SCRAM-SHA-512"] } },
      OPENLOGIN: {
        login: {
          plain: { [ANN.username]: ANN.password },
          scram: ["SCRAM-SHA-256"],
        },
      },
      MUTUAL: {
        tls: {
          ...tls,
          // Two, of which the first is the one that counts.
          clientAuthority: authority.certificate + stranger.certificate,
        },
      },
      EXPIRED: {
        tls: await authority.issue("broker", {
          validUntil: new Date(Date.now() - DAY_MS),
        }),
      },
      EARLY: {
        tls: await authority.issue("broker", {
          validFrom: new Date(Date.now() + DAY_MS),
        }),
      },
      MISNAMED: {
        tls: await authority.issue("broker", { hosts: ["kafka.example.com"] }),
      },
      STRANGER: { tls: await stranger.issue("broker") },
      TOKEN: { login: {} },
    },
    environment: {
      KAFKA_LISTENER_NAME_TOKEN_SASL_ENABLED_MECHANISMS: "OAUTHBEARER",
      KAFKA_LISTENER_NAME_TOKEN_OAUTHBEARER_SASL_JAAS_CONFIG:
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
    },
  });
  const doors = Object.fromEntries(
    DOORS.map((name, i) => [name, `localhost:${ports[i]}`]),
  ) as SecuredBroker["doors"];
  await broker.connect();
  try {
    await setUser(broker, {
      name: ALICE.username,
      password: ALICE.password,
    });
    await work({ broker, authority, doors });
  } finally {
    await broker.disconnect();
  }
}

/** A client that a listener refuses, or takes. */
export interface Visit {
  what: string;
  client: Pick<KafkaConfig, "ssl" | "sasl"> & { brokers: [string] };
  /** What was found; undefined if the client is taken. */
  kind?: "encryption" | "certificate" | "login";
  /** Parts of the sentence that says so. */
  says?: string[];
}

/** Every way in which a client and a listener do not fit, and those in which they do. */
export async function visits(
  { broker, authority, doors }: SecuredBroker,
): Promise<Visit[]> {
  const ssl = { ca: [authority.certificate] };
  const scram = { mechanism: "scram-sha-512", ...ALICE } as const;
  const plain = { mechanism: "plain", ...ANN } as const;
  const elsewhere = await certificateAuthority("Elsewhere");
  const known = (own: CertificateWithKey) => ({
    ...ssl,
    key: own.privateKey,
    cert: own.certificate,
  });
  const mine = { hosts: [] };
  const refused = (
    what: string,
    door: string,
    client: Pick<KafkaConfig, "ssl" | "sasl">,
    kind: NonNullable<Visit["kind"]>,
    ...says: string[]
  ): Visit => ({ what, client: { brokers: [door], ...client }, kind, says });
  const taken = (
    what: string,
    door: string,
    client: Pick<KafkaConfig, "ssl" | "sasl">,
  ): Visit => ({ what, client: { brokers: [door], ...client } });
  const token = (expiresInS: number) => ({
    mechanism: "oauthbearer" as const,
    oauthBearerProvider: () =>
      Promise.resolve({ value: unsignedToken(expiresInS) }),
  });
  return [
    taken("a token", doors.TOKEN, { ssl: false, sasl: token(600) }),
    refused(
      "a token that has expired",
      doors.TOKEN,
      { ssl: false, sasl: token(-600) },
      "login",
      `${doors.TOKEN} takes the login by OAUTHBEARER and then answers nothing`,
      "get a new token",
    ),
    taken("SCRAM over TLS", doors.LOGIN, { ssl, sasl: scram }),
    taken("PLAIN without TLS", doors.OPENLOGIN, { ssl: false, sasl: plain }),
    taken("a client's certificate", doors.MUTUAL, {
      ssl: known(await authority.issue("alice", mine)),
    }),
    refused(
      "a wrong password",
      doors.LOGIN,
      { ssl, sasl: { ...scram, password: "wrong" } },
      "login",
      `${doors.LOGIN} refuses the login of 'alice' by SCRAM-SHA-512`,
      "check user and password (KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD)",
    ),
    refused(
      "an unknown user",
      doors.OPENLOGIN,
      { ssl: false, sasl: { ...plain, username: "mallory" } },
      "login",
      `refuses the login of 'mallory' by PLAIN (Authentication failed: Invalid username or password)`,
    ),
    refused(
      "a mechanism that is not enabled",
      doors.LOGIN,
      { ssl, sasl: plain },
      "login",
      "does not offer the login PLAIN, only SCRAM-SHA-512",
      "set KAFKA_SASL_MECHANISM",
    ),
    refused(
      "no login with TLS",
      doors.LOGIN,
      { ssl },
      "login",
      `${doors.LOGIN} asks for a login (SCRAM-SHA-512), and this client has none`,
      "set KAFKA_SASL_MECHANISM",
    ),
    refused(
      "no login without TLS",
      doors.OPENLOGIN,
      { ssl: false },
      "login",
      "asks for a login (PLAIN or SCRAM-SHA-256)",
    ),
    refused(
      "a login where none is asked for",
      broker.address,
      { ssl: false, sasl: scram },
      "login",
      "asks for no login, and this client has one",
      "unset KAFKA_SASL_MECHANISM",
    ),
    refused(
      "no TLS at a port with TLS",
      doors.EXPIRED,
      { ssl: false },
      "encryption",
      `${doors.EXPIRED} answers`,
      "with TLS",
      "set KAFKA_SSL=true",
    ),
    refused(
      "no TLS at a port with TLS and a login",
      doors.LOGIN,
      { ssl: false, sasl: scram },
      "encryption",
      "set KAFKA_SSL=true",
    ),
    refused(
      "TLS at a port without",
      broker.address,
      { ssl },
      "encryption",
      `${broker.address} answers only without TLS: unset KAFKA_SSL`,
    ),
    refused(
      "TLS at a port with a login only",
      doors.OPENLOGIN,
      { ssl, sasl: plain },
      "encryption",
      "answers only without TLS",
    ),
    refused(
      "an authority that nobody trusts",
      doors.LOGIN,
      { ssl: true, sasl: scram },
      "certificate",
      `the certificate of ${doors.LOGIN} is signed by 'Kitchen', which is not trusted here`,
      "set KAFKA_SSL_CA to its PEM file",
    ),
    refused(
      "another authority than the trusted one",
      doors.STRANGER,
      { ssl },
      "certificate",
      "is signed by 'Somebody else', which is not trusted here",
      "KAFKA_SSL_CA (KafkaJS's ssl.ca) holds another authority",
    ),
    refused(
      "a certificate that has expired",
      doors.EXPIRED,
      { ssl },
      "certificate",
      `the certificate of ${doors.EXPIRED} expired on 20`,
    ),
    refused(
      "one that has expired, of an authority that nobody trusts",
      doors.EXPIRED,
      { ssl: true },
      "certificate",
      `the certificate of ${doors.EXPIRED} expired on 20`,
    ),
    refused(
      "a certificate that is not valid yet",
      doors.EARLY,
      { ssl },
      "certificate",
      `the certificate of ${doors.EARLY} is not valid before 20`,
    ),
    refused(
      "a certificate of another host",
      doors.MISNAMED,
      { ssl },
      "certificate",
      "is for kafka.example.com, not for localhost",
    ),
    refused(
      "no certificate where one is asked for",
      doors.MUTUAL,
      { ssl },
      "certificate",
      `${doors.MUTUAL} asks clients for a certificate, and this one has none`,
    ),
    refused(
      "a client's certificate of another authority",
      doors.MUTUAL,
      { ssl: known(await elsewhere.issue("alice", mine)) },
      "certificate",
      "refuses this client's certificate (",
    ),
    refused(
      "a client's certificate that has expired",
      doors.MUTUAL,
      {
        ssl: known(
          await authority.issue("alice", {
            ...mine,
            validUntil: new Date(Date.now() - DAY_MS),
          }),
        ),
      },
      "certificate",
      "refuses this client's certificate, which expired on 20",
    ),
  ];
}

/** A token as anybody can make it, which Kafka takes where nothing else is set. */
function unsignedToken(expiresInS: number): string {
  const now = Math.floor(Date.now() / 1_000);
  const part = (value: unknown) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_")
      .replaceAll("=", "");
  return `${part({ alg: "none" })}.${
    part({ sub: "ann", iat: now - 3_600, exp: now + expiresInS })
  }.`;
}
