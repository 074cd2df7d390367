import { addressForTools } from "./address_for_tools.ts";
import type { TrustedIssuer } from "./listener_security.ts";
import { freePorts } from "./ports.ts";

/** What a token says. */
export interface TokenOptions {
  /** In how many seconds it expires; negative if it has. 300 by default. */
  expiresInS?: number;
  /** For whom it is meant. By default for those that trust the issuer. */
  audience?: string;
}

/** A server that vouches for users by signed tokens (JSON Web Tokens), and publishes the key to check them with. */
export interface TokenIssuer {
  /** What a listener's `login.tokens` is to be, so that the broker trusts it. */
  readonly trusted: TrustedIssuer;
  /**
   * Signs a token.
   *
   * @param user Whom it is for (`sub`): ACLs know the bearer as `User:alice`.
   * @param options When it expires, and for whom it is meant.
   * @returns The token, in the compact form that logins take.
   */
  token(user: string, options?: TokenOptions): Promise<string>;
  /** How often its keys have been asked for. */
  readonly timesAsked: number;
  /** Starts to answer; named so that `notebook.use()` takes it. */
  connect(): Promise<void>;
  /** Stops to answer. */
  disconnect(): Promise<void>;
}

const SIGN = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2_048,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: "SHA-256",
};
const KEY_ID = "key-1";

/**
 * Makes an issuer of tokens, such as a company's identity server is, for
 * experiments with OAUTHBEARER (KIP-768). It hands a token to whoever asks this
 * object for it; a real one asks for a secret first.
 *
 * @returns The issuer, not yet answering.
 * @throws {EngineError} If brokers run in containers that cannot reach this process.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const issuer = await tokenIssuer();
 * await issuer.connect();
 * const { keys } = await (await fetch(issuer.trusted.keysUrl)).json();
 * assertEquals(keys.length, 1);
 *
 * const [, claims = ""] = (await issuer.token("alice")).split(".");
 * assertEquals(JSON.parse(atob(claims)).sub, "alice");
 * await issuer.disconnect();
 * ```
 */
export async function tokenIssuer(): Promise<TokenIssuer> {
  const [port = 0] = freePorts(1);
  // The broker that asks for the key may run in a container.
  const host = await addressForTools();
  const keys = await crypto.subtle.generateKey(SIGN, true, ["sign", "verify"]);
  const publicKey = await crypto.subtle.exportKey("jwk", keys.publicKey);
  const issuer = `http://${host}:${port}`;
  let timesAsked = 0;
  let server: Deno.HttpServer | undefined;
  const connect = () => {
    server ??= Deno.serve({
      ...{ hostname: host, port, onListen() {} },
    }, () => {
      timesAsked++;
      const key = { ...publicKey, kid: KEY_ID, use: "sig", alg: "RS256" };
      return Response.json({ keys: [key] });
    });
    return Promise.resolve();
  };
  const trusted = {
    ...{ issuer, keysUrl: `${issuer}/keys`, audience: "kafka" },
    ready: connect,
  };
  return {
    trusted,
    async token(user, { expiresInS = 300, audience = trusted.audience } = {}) {
      const now = Math.floor(Date.now() / 1_000);
      const text = [
        { alg: "RS256", kid: KEY_ID, typ: "JWT" },
        {
          ...{ sub: user, iss: issuer, aud: audience, scope: "kafka" },
          ...{
            iat: Math.min(now, now + expiresInS) - 1,
            exp: now + expiresInS,
          },
        },
      ].map((part) => base64Url(encode(JSON.stringify(part)))).join(".");
      const signature = await crypto.subtle.sign(
        SIGN,
        keys.privateKey,
        encode(text),
      );
      return `${text}.${base64Url(new Uint8Array(signature))}`;
    },
    get timesAsked() {
      return timesAsked;
    },
    connect,
    async disconnect() {
      await server?.shutdown();
      server = undefined;
    },
  };
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
