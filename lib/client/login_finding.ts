import type { KafkaJSError } from "kafkajs";
import { type Address, formatAddress } from "./address.ts";
import { API_KEYS } from "./api_key.ts";
import type { Credentials, Finding } from "./finding.ts";
import { RawConnection } from "./raw_connection.ts";

const UNSUPPORTED_MECHANISM = 33;
const ILLEGAL_STATE = 34;
const SET_LOGIN =
  "set KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD (KafkaJS's sasl)";

/**
 * Says that a broker asks for a login, if it does.
 *
 * @param address The broker's.
 * @param credentials TLS, and no login.
 * @param timeoutMs After how long to give up, in milliseconds.
 * @returns The finding; undefined if the broker asks for none, or is gone.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const nobody = { host: "127.0.0.1", port: 1 };
 * assertEquals(await missingLogin(nobody, {}, 1_000), undefined);
 * ```
 */
export async function missingLogin(
  address: Address,
  { ssl }: Credentials,
  timeoutMs: number,
): Promise<Finding | undefined> {
  const mechanisms = await enabledMechanisms(address, { ssl }, timeoutMs);
  if (!mechanisms || mechanisms.length === 0) return undefined;
  return {
    kind: "login",
    finding: `${formatAddress(address)} asks for a login (${
      mechanisms.join(" or ")
    }), and this client has none`,
    advice: SET_LOGIN,
  };
}

/**
 * Says why a login failed, from KafkaJS's error.
 *
 * @param error What the login ended with.
 * @param address The broker's.
 * @param credentials TLS and login.
 * @param timeoutMs After how long to give up asking the broker for more, in milliseconds.
 * @returns The finding; undefined if the error is not about a login.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const broker = { host: "localhost", port: 9092 };
 * const sasl = { mechanism: "plain", username: "me", password: "x" } as const;
 * const error = Object.assign(new Error("not now"), { type: "ILLEGAL_SASL_STATE" });
 * const found = await loginRefusal(error, broker, { sasl }, 1_000);
 * assertEquals(found?.finding, "localhost:9092 asks for no login, and this client has one");
 * ```
 */
export async function loginRefusal(
  error: unknown,
  address: Address,
  credentials: Credentials,
  timeoutMs: number,
): Promise<Finding | undefined> {
  const { sasl, ssl } = credentials;
  if (!sasl) return undefined;
  const { name, message, type } = error as KafkaJSError & { type?: string };
  const at = formatAddress(address);
  const mechanism = sasl.mechanism.toUpperCase();
  const found = (finding: string, advice: string): Finding => ({
    kind: "login",
    finding: `${at} ${finding}`,
    advice,
  });
  if (type === "ILLEGAL_SASL_STATE") {
    const enabled = await enabledMechanisms(address, { ssl }, timeoutMs);
    // A connection that has begun a login answers the same to another one.
    if (enabled?.length !== 0) return refusedToken(address, sasl);
    return found(
      "asks for no login, and this client has one",
      "unset KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD (KafkaJS's sasl), or take the port that asks for it",
    );
  }
  if (type === "UNSUPPORTED_SASL_MECHANISM") {
    const enabled = await enabledMechanisms(address, { ssl }, timeoutMs);
    return found(
      `does not offer the login ${mechanism}${
        enabled?.length ? `, only ${enabled.join(" and ")}` : ""
      }`,
      "set KAFKA_SASL_MECHANISM (KafkaJS's sasl.mechanism) to one that it offers",
    );
  }
  if (name !== "KafkaJSSASLAuthenticationError") return undefined;
  const reason = reasonIn(message);
  if (isBrokenLogin(error, sasl)) return undefined;
  const user = "username" in sasl ? ` of '${sasl.username}'` : "";
  return found(
    `refuses the login${user} by ${mechanism} (${reason})`,
    user
      ? "check user and password (KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD)"
      : "check what KafkaJS's sasl sends, such as a token that has expired",
  );
}

/**
 * What to say of a broker that does not answer the first request after a login
 * by a token: KafkaJS 2.2.4 does not read the broker's refusal of it.
 *
 * @param address The broker's.
 * @param sasl The login.
 * @returns The finding; undefined if the login is not by a token.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const sasl = { mechanism: "plain", username: "me", password: "x" } as const;
 * assertEquals(refusedToken({ host: "localhost", port: 9092 }, sasl), undefined);
 * ```
 */
export function refusedToken(
  address: Address,
  sasl: NonNullable<Credentials["sasl"]>,
): Finding | undefined {
  if (sasl.mechanism.toUpperCase() !== "OAUTHBEARER") return undefined;
  return {
    kind: "login",
    finding: `${
      formatAddress(address)
    } takes the login by OAUTHBEARER and then answers nothing, as brokers do that refuse the token`,
    advice: "get a new token, as it may have expired or be meant for another",
  };
}

/**
 * Whether a login was not refused but cut short, such as by the end of the
 * broker: KafkaJS calls both an authentication error, and tries neither again.
 * Brokers answer a wrong password; a token that they refuse they do not.
 *
 * @param error What the login ended with.
 * @param sasl The login.
 * @returns Whether to try again may help.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const sasl = { mechanism: "plain", username: "me", password: "x" } as const;
 * const error = Object.assign(
 *   new Error("SASL PLAIN authentication failed: Closed connection"),
 *   { name: "KafkaJSSASLAuthenticationError" },
 * );
 * assertEquals(isBrokenLogin(error, sasl), true);
 * ```
 */
export function isBrokenLogin(
  error: unknown,
  sasl: NonNullable<Credentials["sasl"]>,
): boolean {
  const { name, message } = error as Error;
  return name === "KafkaJSSASLAuthenticationError" &&
    /^(plain|scram)/i.test(sasl.mechanism) &&
    /^(Closed connection|Connection |Not connected|Request .* timed out)/
      .test(reasonIn(message));
}

/** The broker's own words, without what KafkaJS puts before them. */
function reasonIn(message: string): string {
  return message.replace(/^SASL [\w -]+ failed: /, "");
}

/** The ways to log in that a broker offers, none if it asks for no login; undefined if it is gone. */
async function enabledMechanisms(
  address: Address,
  { ssl }: Credentials,
  timeoutMs: number,
): Promise<string[] | undefined> {
  const connection = new RawConnection(address, {
    ssl,
    timeoutMs,
  });
  try {
    // Of a mechanism that nobody has, it says which there are.
    const answer = await connection.request(
      API_KEYS.SaslHandshake,
      1,
      Uint8Array.of(0, 1, "?".charCodeAt(0)),
    );
    const code = answer.getInt16(0);
    if (code === ILLEGAL_STATE) return [];
    if (code !== UNSUPPORTED_MECHANISM) return undefined;
    const mechanisms: string[] = [];
    let at = 6;
    for (let left = answer.getInt32(2); left > 0; left--) {
      const length = answer.getInt16(at);
      const { buffer, byteOffset } = answer;
      mechanisms.push(
        new TextDecoder().decode(
          new Uint8Array(buffer, byteOffset + at + 2, length),
        ),
      );
      at += 2 + length;
    }
    return mechanisms;
  } catch {
    return undefined;
  } finally {
    connection.close();
  }
}
