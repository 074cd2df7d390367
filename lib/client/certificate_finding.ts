import { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { type Address, formatAddress } from "./address.ts";
import type { Credentials, Finding } from "./finding.ts";
import { RawConnection, type RawFailure } from "./raw_connection.ts";

/** TLS as `node:tls` takes it, where it is more than `true`. */
type TlsOptions = Exclude<Credentials["ssl"], boolean | undefined>;

/** How long a broker may take to say that it misses a client's certificate. */
const ALERT_MS = 500;

/**
 * Finds out why a broker's certificate is not trusted, by looking at it. The
 * error of a failed handshake is not enough: Deno 2.9.8's `node:tls` says of an
 * expired certificate that its authority is unknown.
 *
 * @param address The broker's.
 * @param ssl The client's TLS options.
 * @param timeoutMs After how long to give up, in milliseconds.
 * @returns What is wrong with the certificate; undefined if the broker does not show one.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const nobody = { host: "127.0.0.1", port: 1 };
 * assertEquals(await certificateFinding(nobody, true, 1_000), undefined);
 * ```
 */
export async function certificateFinding(
  address: Address,
  ssl: Credentials["ssl"],
  timeoutMs: number,
): Promise<Finding | undefined> {
  const looking = { ...optionsOf(ssl), rejectUnauthorized: false };
  const connection = new RawConnection(address, { ssl: looking, timeoutMs });
  try {
    await connection.opened;
    const socket = connection.socket as TLSSocket;
    const certificate = socket.getPeerCertificate(true);
    // Of no certificate, the object is empty.
    if (!certificate?.raw) return undefined;
    return judge(address, certificate, {
      code: codeOf(socket.authorizationError),
      hasAuthority: optionsOf(ssl).ca !== undefined,
    });
  } catch {
    return undefined; // Gone meanwhile, or it does not speak TLS.
  } finally {
    connection.close();
  }
}

/** Node gives an error or its code, whatever its types say. */
function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error
    ? String(error.code)
    : String(error);
}

function judge(
  address: Address,
  certificate: DetailedPeerCertificate,
  { code, hasAuthority }: { code: string; hasAuthority: boolean },
): Finding | undefined {
  const at = formatAddress(address);
  const found = (finding: string, advice: string): Finding => ({
    kind: "certificate",
    finding,
    advice,
  });
  for (const [index, each] of chainOf(certificate).entries()) {
    const whose = index === 0
      ? `the certificate of ${at}`
      : `the certificate of the authority '${each.subject?.CN}', which vouches for ${at},`;
    if (Date.parse(each.valid_to) < Date.now()) {
      return found(
        `${whose} expired on ${dateOf(each.valid_to)}`,
        "have it renewed there",
      );
    }
    if (Date.parse(each.valid_from) > Date.now()) {
      return found(
        `${whose} is not valid before ${dateOf(each.valid_from)}`,
        "check the clock of this computer, and of the one that made it",
      );
    }
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const names = (certificate.subjectaltname ?? "")
      .replaceAll(/\b(DNS|IP Address):/g, "") || certificate.subject?.CN;
    return found(
      `the certificate of ${at} is for ${names}, not for ${address.host}`,
      "connect by a name that is in it, or have that name put into it",
    );
  }
  if (code === "null" || code === "undefined") return undefined; // It is trusted now.
  const issuer = certificate.issuer?.CN ?? "an authority without a name";
  return found(
    `the certificate of ${at} is signed by '${issuer}', which is not trusted here`,
    hasAuthority
      ? "KAFKA_SSL_CA (KafkaJS's ssl.ca) holds another authority: name the PEM file of that one"
      : "if that is an authority of yours, set KAFKA_SSL_CA to its PEM file",
  );
}

/** The certificate, and those of authorities that the broker sent with it. */
function chainOf(first: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain = [first];
  for (let at = first.issuerCertificate; at?.raw && !chain.includes(at);) {
    chain.push(at);
    at = at.issuerCertificate;
  }
  return chain;
}

/**
 * Says why a broker refuses a client's certificate, or its lack of one.
 *
 * @param address The broker's.
 * @param ssl The client's TLS options.
 * @param failure What ended the connection.
 * @returns The finding; undefined if the connection ended for another reason.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RawFailure } from "./raw_connection.ts";
 *
 * const alert = new Error("received fatal alert: CertificateRequired");
 * const found = clientCertificateFinding(
 *   { host: "localhost", port: 9093 },
 *   true,
 *   new RawFailure("tls", "open", alert),
 * );
 * assertEquals(found?.finding, "localhost:9093 asks clients for a certificate, and this one has none");
 * ```
 */
export function clientCertificateFinding(
  address: Address,
  ssl: Credentials["ssl"],
  failure: RawFailure,
): Finding | undefined {
  const alert = /alert/i.test(failure.message) &&
    /certificate|unknown ?ca|handshake ?failure/i.test(failure.message);
  if (failure.kind !== "tls" || !alert) return undefined;
  const at = formatAddress(address);
  const { cert } = optionsOf(ssl);
  const pem = Array.isArray(cert) ? cert[0] : cert;
  const advice =
    "give KafkaJS's ssl a cert and a key that an authority of the broker's has signed";
  if (pem === undefined) {
    const kind = "certificate";
    return {
      ...{ kind, advice },
      finding: `${at} asks clients for a certificate, and this one has none`,
    };
  }
  const own = readCertificate(pem);
  const expired = own !== undefined && Date.parse(own.validTo) < Date.now();
  return {
    kind: "certificate",
    finding: `${at} refuses this client's certificate${
      expired
        ? `, which expired on ${dateOf(own.validTo)}`
        : ` (${failure.message})`
    }`,
    advice: expired ? "have it renewed" : advice,
  };
}

/**
 * Connects and says nothing, until the broker says that it misses a client's
 * certificate. What a client has sent by then can lose the broker's words: it
 * resets the connection in place of closing it.
 *
 * @param address The broker's.
 * @param ssl The client's TLS options.
 * @param timeoutMs After how long to give up, in milliseconds: half a second at most.
 * @returns The finding; undefined if the broker waits for a request, as it should.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const nobody = { host: "127.0.0.1", port: 1 };
 * assertEquals(await awaitCertificateAlert(nobody, true, 1_000), undefined);
 * ```
 */
export async function awaitCertificateAlert(
  address: Address,
  ssl: Credentials["ssl"],
  timeoutMs: number,
): Promise<Finding | undefined> {
  const connection = new RawConnection(address, {
    ssl,
    timeoutMs: Math.min(timeoutMs, ALERT_MS),
  });
  return clientCertificateFinding(address, ssl, await connection.ended);
}

function optionsOf(ssl: Credentials["ssl"]): TlsOptions {
  return typeof ssl === "object" ? ssl : {};
}

function readCertificate(
  pem: string | Uint8Array,
): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined; // Some other form of it.
  }
}

/** Such as "2026-10-17 08:01 UTC". */
function dateOf(text: string): string {
  return `${new Date(text).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
