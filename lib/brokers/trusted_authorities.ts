import { readFileSync } from "node:fs";
import process from "node:process";
import { rootCertificates } from "node:tls";
import type { Connection } from "../client/connection.ts";
import { certificatesIn } from "../client/pem.ts";
import { EngineError } from "./engine_error.ts";

/** Variables that name a PEM file of authorities to trust beside those that Deno knows. */
const MORE_AUTHORITIES = ["DENO_CERT", "NODE_EXTRA_CA_CERTS"];

/**
 * Finds the authorities whose certificates Kafka's Java tools are to trust, so
 * that they trust what KafkaJS trusts in this process: that of `KAFKA_SSL_CA`
 * alone, or those that Deno knows and that of `DENO_CERT`.
 *
 * @param connection How to reach the cluster, as `connectionFromEnvironment()` reads it.
 * @param env The variables, by default those of the process.
 * @returns Their certificates as PEM texts; undefined if those that Java knows will do.
 * @throws {EngineError} If a variable names a file that cannot be read.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const plain = { brokers: ["localhost:9092"], ssl: false, chosen: true };
 * assertEquals(trustedAuthorities(plain), undefined);
 * ```
 */
export function trustedAuthorities(
  { ssl }: Connection,
  env: Record<string, string | undefined> = process.env,
): string[] | undefined {
  if (ssl === false) return undefined;
  if (typeof ssl === "object") return certificatesIn(ssl.ca);
  // Of the system's store, OpenSSL's variable names the file.
  const isSystem = env.DENO_TLS_CA_STORE?.split(",").includes("system");
  const names = [...MORE_AUTHORITIES, ...(isSystem ? ["SSL_CERT_FILE"] : [])]
    .filter((name) => env[name]);
  if (names.length === 0) return undefined;
  return [
    // Deno up to 2.9.6 gives them without the last line's end; joined so, Java reads none behind the first.
    ...rootCertificates.map((certificate) => `${certificate.trim()}\n`),
    ...names.flatMap((name) =>
      // Deno warns of such a file and goes on without it.
      name === "NODE_EXTRA_CA_CERTS" && !isReadable(env[name]!)
        ? []
        : readAuthorities(name, env[name]!)
    ),
  ];
}

function isReadable(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

function readAuthorities(name: string, path: string): string[] {
  try {
    return certificatesIn(readFileSync(path, "utf8"));
  } catch (error) {
    throw new EngineError(
      `Cannot tell Kafka's tools whom to trust as ${name} names '${path}', of which no certificate can be read (${
        (error as Error).message
      }): name a PEM file, or set KAFKA_SSL_CA`,
      { cause: error },
    );
  }
}
