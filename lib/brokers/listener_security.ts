import { pemProperty } from "../client/pem.ts";
import type { CertificateWithKey } from "./certificates.ts";

/** A way to log in by a password that never crosses the wire (RFC 5802). Its users are made by `setUser()`. */
export type ScramMechanism = "SCRAM-SHA-256" | "SCRAM-SHA-512";

/** What a broker asks of clients that come by one of its listeners. */
export interface ListenerSecurity {
  /** The certificate that the broker shows: then the listener is encrypted. */
  tls?: CertificateWithKey & {
    /**
     * The certificate of the authority, a PEM text, that has signed the clients'
     * certificates: then they must show one (mutual TLS), and are known by it.
     */
    clientAuthority?: string;
  };
  /** How clients log in. By default they need not. */
  login?: {
    /** The users of PLAIN, which sends the password as it is: each user's password. */
    plain?: Record<string, string>;
    /** The kinds of SCRAM to offer. */
    scram?: ScramMechanism[];
    /** Whose tokens to take (OAUTHBEARER), such as those of a `tokenIssuer()`. */
    tokens?: TrustedIssuer;
    /**
     * How long a login by SCRAM or by a token lasts at most, in milliseconds;
     * then the client must log in again (`connections.max.reauth.ms`, KIP-368).
     * By default it lasts as long as the connection, or as the token.
     */
    sessionMs?: number;
  };
}

/** Whose tokens a broker takes, and which of them. */
export interface TrustedIssuer {
  /** Where the issuer publishes the keys that it signs with, a JSON Web Key Set. */
  keysUrl: string;
  /** What it calls itself in its tokens (`iss`). */
  issuer: string;
  /** For whom a token must be meant (`aud`). */
  audience: string;
  /** Has the issuer answer: a broker asks for its keys while it starts, and ends if it gets none. */
  ready?: () => Promise<void>;
}

/** The four kinds of listener that Kafka has. */
export type SecurityProtocol =
  | "PLAINTEXT"
  | "SSL"
  | "SASL_PLAINTEXT"
  | "SASL_SSL";

/** What makes a listener secure, in Kafka's terms. */
export interface ListenerSettings {
  /** Its entry in `listener.security.protocol.map`. */
  protocol: SecurityProtocol;
  /** The settings of this listener, as the image's variables. */
  environment: Record<string, string>;
  /** Properties that the broker's JVM has to have for it. */
  systemProperties: Record<string, string>;
}

/**
 * Puts a listener's security into Kafka's words. Certificates and keys stand in
 * the settings themselves (KIP-651), so that no file is needed, in containers
 * neither.
 *
 * @param name The listener's: `"OFFICE"`.
 * @param security What it asks of clients.
 * @returns Its protocol, its settings, and what the JVM has to know.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { protocol, environment } = listenerSettings("OFFICE", {
 *   login: { plain: { alice: "alice-secret" } },
 * });
 * assertEquals(protocol, "SASL_PLAINTEXT");
 * assertEquals(environment.KAFKA_LISTENER_NAME_OFFICE_SASL_ENABLED_MECHANISMS, "PLAIN");
 * ```
 */
export function listenerSettings(
  name: string,
  { tls, login }: ListenerSecurity,
): ListenerSettings {
  const settings: Record<string, string> = {};
  const systemProperties: Record<string, string> = {};
  if (tls) {
    settings["ssl.keystore.type"] = "PEM";
    settings["ssl.keystore.key"] = pemProperty(tls.privateKey);
    settings["ssl.keystore.certificate.chain"] = pemProperty(tls.certificate);
    if (tls.clientAuthority !== undefined) {
      settings["ssl.client.auth"] = "required";
      settings["ssl.truststore.type"] = "PEM";
      settings["ssl.truststore.certificates"] = pemProperty(
        tls.clientAuthority,
      );
    }
  }
  if (login) {
    const { plain, scram = [], tokens, sessionMs } = login;
    settings["sasl.enabled.mechanisms"] = [
      ...(plain ? ["PLAIN"] : []),
      ...scram,
      ...(tokens ? ["OAUTHBEARER"] : []),
    ]
      .join(",");
    if (plain) settings["plain.sasl.jaas.config"] = plainLogin(plain);
    for (const mechanism of scram) {
      settings[`${mechanism.toLowerCase()}.sasl.jaas.config`] =
        "org.apache.kafka.common.security.scram.ScramLoginModule required;";
    }
    if (tokens) {
      Object.assign(settings, tokenSettings(tokens));
      // Without it, Kafka 4 fetches keys from nowhere.
      systemProperties[ALLOWED_URLS] = tokens.keysUrl;
    }
    if (sessionMs !== undefined) {
      for (const mechanism of [...scram, ...(tokens ? ["OAUTHBEARER"] : [])]) {
        settings[`${mechanism.toLowerCase()}.connections.max.reauth.ms`] =
          `${sessionMs}`;
      }
    }
  }
  const protocol = `${login ? "SASL_" : ""}${
    tls ? "SSL" : "PLAINTEXT"
  }` as SecurityProtocol;
  const prefix = `listener.name.${name.toLowerCase()}.`;
  return {
    protocol,
    environment: Object.fromEntries(
      Object.entries(settings).map(([setting, value]) => [
        variableOf(`${prefix}${setting}`),
        value,
      ]),
    ),
    systemProperties,
  };
}

const ALLOWED_URLS = "org.apache.kafka.sasl.oauthbearer.allowed.urls";

function tokenSettings(
  { keysUrl, issuer, audience }: TrustedIssuer,
): Record<string, string> {
  const classes = "org.apache.kafka.common.security.oauthbearer";
  return {
    "oauthbearer.sasl.jaas.config":
      `${classes}.OAuthBearerLoginModule required;`,
    "oauthbearer.sasl.server.callback.handler.class":
      `${classes}.OAuthBearerValidatorCallbackHandler`,
    "oauthbearer.sasl.oauthbearer.jwks.endpoint.url": keysUrl,
    "oauthbearer.sasl.oauthbearer.expected.issuer": issuer,
    "oauthbearer.sasl.oauthbearer.expected.audience": audience,
  };
}

function plainLogin(users: Record<string, string>): string {
  const options = Object.entries(users).map(([user, password]) =>
    ` user_${user}=${quoted(password)}`
  );
  return `org.apache.kafka.common.security.plain.PlainLoginModule required${
    options.join("")
  };`
    // What becomes of it, server.properties, takes backslashes for its own.
    .replaceAll("\\", "\\\\");
}

/** As JAAS reads it. */
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** The variable out of which Kafka's image makes a setting. */
function variableOf(setting: string): string {
  return `KAFKA_${
    setting.toUpperCase().replace(
      /[-_.]/g,
      (character) => ({ "-": "___", "_": "__" })[character] ?? "_",
    )
  }`;
}
