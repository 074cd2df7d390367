import { type Address, formatAddress } from "./address.ts";
import { API_KEYS } from "./api_key.ts";
import {
  awaitCertificateAlert,
  certificateFinding,
  clientCertificateFinding,
} from "./certificate_finding.ts";
import type { Credentials, Finding } from "./finding.ts";
import { missingLogin } from "./login_finding.ts";
import { RawConnection, RawFailure } from "./raw_connection.ts";

/** How {@linkcode knock} asks. */
export interface KnockOptions extends Pick<Credentials, "ssl"> {
  /** Whether the client has a login. It is not used; without one, a broker that asks for it is not open. */
  hasLogin: boolean;
  /** After how long to call it silence, in milliseconds. */
  timeoutMs: number;
}

/**
 * Connects to an address as a client with these credentials would, asks what
 * every broker answers before a login (ApiVersions in version 0), and where
 * that fails looks further, until the reason is known: at the certificate, with
 * TLS where there was none, without where there was. It does not log in.
 *
 * @param address What to knock at.
 * @param options The client's TLS and login, and how long all of it may take.
 * @returns What answers. It never throws because of what it finds.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const { kind } = await knock(
 *   { host: "127.0.0.1", port: 1 },
 *   { hasLogin: false, timeoutMs: 1_000 },
 * );
 * assertEquals(kind, "nothing");
 * ```
 */
export async function knock(
  address: Address,
  { ssl, hasLogin, timeoutMs }: KnockOptions,
): Promise<Finding> {
  const end = Date.now() + timeoutMs;
  const left = () => Math.max(1, end - Date.now());
  const connection = new RawConnection(address, { ssl, timeoutMs });
  try {
    const keys = await askForKeys(connection);
    const needsLogin = !hasLogin && keys.includes(API_KEYS.Metadata) &&
      await closesAtMetadata(connection);
    return needsLogin && await missingLogin(address, { ssl }, left()) || {
      kind: "kafka",
      finding: `a broker answers at ${formatAddress(address)}`,
    };
  } catch (failure) {
    if (!(failure instanceof RawFailure)) throw failure;
    return ssl
      ? await withTls(address, ssl, failure, { timeoutMs, left })
      : await withoutTls(address, failure, { timeoutMs, left });
  } finally {
    connection.close();
  }
}

interface Times {
  timeoutMs: number;
  left: () => number;
}

/** Why a client with TLS got no answer. */
async function withTls(
  address: Address,
  ssl: Credentials["ssl"],
  failure: RawFailure,
  times: Times,
): Promise<Finding> {
  const { left } = times;
  const { kind, after } = failure;
  const at = formatAddress(address);
  const isBroken = kind === "tls" || kind === "closed";
  if (!isBroken || after === "nothing" || after === "answer") {
    return plainly(address, failure, times);
  }
  const ofClient = clientCertificateFinding(address, ssl, failure) ??
    (after === "open"
      ? await awaitCertificateAlert(address, ssl, left())
      : undefined);
  if (ofClient) return ofClient;
  if (after === "open") return closedAfterHandshake(at);
  const ofBroker = await certificateFinding(address, ssl, left());
  if (ofBroker) return ofBroker;
  return await answersWithout(address, left()) ?? {
    kind: "encryption",
    finding: kind === "closed"
      ? `${at} closed the connection at the TLS handshake, often because it has no TLS`
      : `the TLS handshake with ${at} failed (${failure.message})`,
    advice: "check KAFKA_SSL and KAFKA_BROKERS",
  };
}

function closedAfterHandshake(at: string): Finding {
  return {
    kind: "stranger",
    finding:
      `${at} closed the connection after the TLS handshake, without an answer`,
  };
}

async function answersWithout(
  address: Address,
  timeoutMs: number,
): Promise<Finding | undefined> {
  const connection = new RawConnection(address, { timeoutMs });
  try {
    await askForKeys(connection);
    return {
      kind: "encryption",
      finding: `${formatAddress(address)} answers only without TLS`,
      advice: "unset KAFKA_SSL (KafkaJS's ssl), or take the port with TLS",
    };
  } catch {
    return undefined;
  } finally {
    connection.close();
  }
}

/** Why a client without TLS got no answer. */
async function withoutTls(
  address: Address,
  failure: RawFailure,
  times: Times,
): Promise<Finding> {
  const { kind, after } = failure;
  const at = formatAddress(address);
  const advice =
    "set KAFKA_SSL=true (KafkaJS's ssl), or take the port without TLS";
  if (kind === "tls answer") {
    return { kind: "encryption", finding: `${at} answers with TLS`, advice };
  }
  if (kind !== "closed" || after !== "open") {
    return plainly(address, failure, times);
  }
  if (await speaksTls(address, times.left())) {
    return {
      kind: "encryption",
      finding: `${at} answers only with TLS`,
      advice,
    };
  }
  // A broken connection is not proof: a broker that ends does the same.
  if (failure.cause !== undefined) {
    return {
      kind: "stranger",
      finding: `${at} broke the connection off`,
    };
  }
  return {
    kind: "encryption",
    finding:
      `${at} closed the connection without an answer, often because it expects TLS`,
    advice: "check KAFKA_SSL and KAFKA_BROKERS",
  };
}

/** Whether it takes a TLS handshake, whatever its certificate. */
async function speaksTls(
  address: Address,
  timeoutMs: number,
): Promise<boolean> {
  const connection = new RawConnection(address, {
    ssl: { rejectUnauthorized: false },
    timeoutMs,
  });
  try {
    await connection.opened;
    return true;
  } catch (failure) {
    // One that refuses this client by an alert speaks it, too.
    return (failure as RawFailure).kind === "tls" &&
      /alert/i.test((failure as Error).message);
  } finally {
    connection.close();
  }
}

/** What needs no further look. */
function plainly(
  address: Address,
  { kind, after, message }: RawFailure,
  { timeoutMs }: Times,
): Finding {
  const at = formatAddress(address);
  const seconds = `within ${timeoutMs / 1_000} s`;
  switch (kind) {
    case "refused":
      return { kind: "nothing", finding: `nothing listens at ${at}` };
    case "unknown host":
      return {
        kind: "nothing",
        finding: `there is no host '${address.host}'`,
      };
    case "late":
      return after === "nothing"
        ? {
          kind: "nothing",
          finding: `${at} cannot be reached ${seconds}`,
        }
        : {
          kind: "silence",
          finding: `${at} takes connections but does not answer ${seconds}`,
        };
    case "stranger":
    case "closed":
      return {
        kind: "stranger",
        finding: kind === "closed"
          ? `${at} broke the connection off`
          : `something that is not Kafka answers at ${at}`,
      };
    default:
      return {
        kind: "nothing",
        finding: `${at} cannot be reached (${message})`,
      };
  }
}

/** The kinds of request that a broker takes. */
async function askForKeys(connection: RawConnection): Promise<number[]> {
  const answer = await connection.request(API_KEYS.ApiVersions, 0);
  // After an error code, a list of keys with their first and last version.
  if (answer.byteLength < 6) return [];
  const count = Math.min(
    answer.getInt32(2),
    Math.floor((answer.byteLength - 6) / 6),
  );
  return Array.from({ length: count }, (_, i) => answer.getInt16(6 + i * 6));
}

/** Brokers that wait for a login take ApiVersions, and close the connection at anything else. */
async function closesAtMetadata(connection: RawConnection): Promise<boolean> {
  try {
    // Version 1, of no topics.
    await connection.request(API_KEYS.Metadata, 1, new Uint8Array(4));
    return false;
  } catch (failure) {
    return (failure as RawFailure).kind === "closed";
  }
}
