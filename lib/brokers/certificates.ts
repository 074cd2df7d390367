import { isIPv4, isIPv6 } from "node:net";
import { type Der, der } from "./der.ts";

/** A certificate and the key that proves to be its owner, both as PEM texts. */
export interface CertificateWithKey {
  /** The certificate. */
  certificate: string;
  /** Its private key, in PKCS#8, without a password. */
  privateKey: string;
}

/** What a certificate says. */
export interface CertificateOptions {
  /**
   * Host names and IP addresses of the server that shows it. Default:
   * `localhost`, `127.0.0.1` and `::1`. What a client shows needs none.
   */
  hosts?: string[];
  /** From when on it is valid. Default: 30 days before its end, and at the latest a day ago. */
  validFrom?: Date;
  /** Until when it is valid. Default: for 30 days from now. */
  validUntil?: Date;
}

/** An authority that signs certificates, which clients and brokers can be told to trust. */
export interface CertificateAuthority {
  /** Its own certificate, a PEM text: what `KAFKA_SSL_CA` or KafkaJS's `ssl.ca` is to hold. */
  readonly certificate: string;
  /**
   * Makes and signs a certificate for a server or a client.
   *
   * @param name Whose it is. A broker with mutual TLS takes it for the client's name: `User:CN=alice`.
   * @param options For which hosts, and how long.
   * @returns The certificate and its key.
   */
  issue(
    name: string,
    options?: CertificateOptions,
  ): Promise<CertificateWithKey>;
}

const DAY_MS = 86_400_000;

/** What keys and signatures are made with: an elliptic curve, as its keys are made in no time. */
const KEY = { name: "ECDSA", namedCurve: "P-256" };
const SIGN = { name: "ECDSA", hash: "SHA-256" };
const ECDSA_WITH_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"));

const COMMON_NAME = der.oid("2.5.4.3");
const BASIC_CONSTRAINTS = der.oid("2.5.29.19");
const KEY_USAGE = der.oid("2.5.29.15");
const EXTENDED_KEY_USAGE = der.oid("2.5.29.37");
const ALTERNATIVE_NAMES = der.oid("2.5.29.17");
const SERVER_AUTHENTICATION = der.oid("1.3.6.1.5.5.7.3.1");
const CLIENT_AUTHENTICATION = der.oid("1.3.6.1.5.5.7.3.2");

/**
 * Makes an authority of one's own, for experiments with TLS that take neither
 * `openssl` nor `keytool`. Nobody trusts it unless told to.
 *
 * @param name What it calls itself.
 * @returns The authority. Its key is in this process only.
 *
 * @example A certificate that is good, one that has expired, and one for another host
 * ```ts
 * import { assertMatch } from "@std/assert";
 *
 * const authority = await certificateAuthority("Kitchen");
 * const { certificate, privateKey } = await authority.issue("broker");
 * assertMatch(certificate, /^-----BEGIN CERTIFICATE-----/);
 * assertMatch(privateKey, /^-----BEGIN PRIVATE KEY-----/);
 *
 * await authority.issue("broker", { validUntil: new Date(Date.now() - 60_000) });
 * await authority.issue("broker", { hosts: ["kafka.example.com"] });
 * ```
 */
export async function certificateAuthority(
  name: string,
): Promise<CertificateAuthority> {
  const keys = await newKeys();
  const issuer = nameOf(name);
  const now = Date.now();
  const certificate = await sign(keys.privateKey, {
    issuer,
    subject: issuer,
    publicKey: keys.publicKey,
    validFrom: new Date(now - DAY_MS),
    validUntil: new Date(now + 3_650 * DAY_MS),
    extensions: [
      extension(BASIC_CONSTRAINTS, der.sequence(der.yes()), true),
      extension(KEY_USAGE, der.bits(Uint8Array.of(0b0000_0110), 1), true), // signs certificates
    ],
  });
  return {
    certificate,
    async issue(name, options = {}) {
      const { hosts = ["localhost", "127.0.0.1", "::1"] } = options;
      const { validUntil = new Date(Date.now() + 30 * DAY_MS) } = options;
      const {
        validFrom = new Date(
          Math.min(validUntil.getTime() - 30 * DAY_MS, Date.now() - DAY_MS),
        ),
      } = options;
      const own = await newKeys();
      const privateKey = await crypto.subtle.exportKey("pkcs8", own.privateKey);
      return {
        certificate: await sign(keys.privateKey, {
          issuer,
          subject: nameOf(name),
          publicKey: own.publicKey,
          validFrom,
          validUntil,
          extensions: [
            extension(KEY_USAGE, der.bits(Uint8Array.of(0b1000_0000), 7), true), // proves who it is
            extension(
              EXTENDED_KEY_USAGE,
              der.sequence(SERVER_AUTHENTICATION, CLIENT_AUTHENTICATION),
            ),
            ...(hosts.length > 0
              ? [extension(
                ALTERNATIVE_NAMES,
                der.sequence(...hosts.map(hostName)),
              )]
              : []),
          ],
        }),
        privateKey: pem("PRIVATE KEY", new Uint8Array(privateKey)),
      };
    },
  };
}

interface Contents {
  issuer: Der;
  subject: Der;
  publicKey: CryptoKey;
  validFrom: Date;
  validUntil: Date;
  extensions: Der[];
}

/** Writes a certificate of version 3 (RFC 5280, section 4.1) and signs it. */
async function sign(key: CryptoKey, contents: Contents): Promise<string> {
  const { issuer, subject, validFrom, validUntil, extensions } = contents;
  const publicKey = await crypto.subtle.exportKey("spki", contents.publicKey);
  const unsigned = der.sequence(
    der.numbered(0, der.integer(Uint8Array.of(2)), { isWhole: true }), // version 3
    der.integer(crypto.getRandomValues(new Uint8Array(16))), // serial number
    ECDSA_WITH_SHA256,
    issuer,
    der.sequence(der.time(validFrom), der.time(validUntil)),
    subject,
    new Uint8Array(publicKey),
    der.numbered(3, der.sequence(...extensions), { isWhole: true }),
  );
  const signature = new Uint8Array(
    await crypto.subtle.sign(SIGN, key, unsigned),
  );
  // WebCrypto puts the signature's two numbers side by side; here they are integers.
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  return pem(
    "CERTIFICATE",
    der.sequence(
      unsigned,
      ECDSA_WITH_SHA256,
      der.bits(der.sequence(der.integer(r), der.integer(s))),
    ),
  );
}

async function newKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
}

function nameOf(commonName: string): Der {
  return der.sequence(
    der.set(der.sequence(COMMON_NAME, der.text(commonName))),
  );
}

function extension(name: Der, value: Der, isCritical = false): Der {
  return der.sequence(
    name,
    ...(isCritical ? [der.yes()] : []),
    der.octets(value),
  );
}

function hostName(host: string): Der {
  const bytes = addressBytes(host);
  return bytes
    ? der.numbered(7, bytes)
    : der.numbered(2, new TextEncoder().encode(host));
}

/** The four or sixteen bytes of an IP address; undefined for a name. */
function addressBytes(host: string): Uint8Array | undefined {
  if (isIPv4(host)) return Uint8Array.from(host.split("."), Number);
  if (!isIPv6(host)) return undefined;
  // A URL writes it in groups of hexadecimal digits, whatever it was written in.
  const [before = "", after] = new URL(`http://[${host}]`).hostname.slice(1, -1)
    .split("::");
  const groupsOf = (text: string) => text ? text.split(":") : [];
  const [first, last] = [groupsOf(before), groupsOf(after ?? "")];
  const zeros = new Array(8 - first.length - last.length).fill("0");
  return Uint8Array.from(
    [...first, ...zeros, ...last].flatMap((group) => {
      const value = parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

function pem(label: string, bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  const lines = base64.match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""]
    .join("\n");
}
