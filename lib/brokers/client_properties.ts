import process from "node:process";
import type { Connection } from "../client/connection.ts";
import { pemProperty } from "../client/pem.ts";
import { trustedAuthorities } from "./trusted_authorities.ts";

/**
 * What Kafka's Java clients and tools need to know of TLS and login, as a
 * properties file. Certificates stand in the file itself (KIP-651), so that it
 * is all that a tool in a container needs.
 *
 * @param connection How to reach the cluster, as `connectionFromEnvironment()` reads it.
 * @param env The variables, by default those of the process: for `DENO_CERT`.
 * @returns The file's text, or undefined if there is nothing to say.
 * @throws {EngineError} If `DENO_CERT` names a file that cannot be read.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const connection = { brokers: ["example.com:9093"], ssl: true, chosen: true };
 *
 * assertEquals(clientProperties(connection, {}), "security.protocol=SSL\n");
 * ```
 */
export function clientProperties(
  connection: Connection,
  env: Record<string, string | undefined> = process.env,
): string | undefined {
  const { ssl, sasl } = connection;
  if (!ssl && !sasl) return undefined;
  const protocol = `${sasl ? "SASL_" : ""}${ssl ? "SSL" : "PLAINTEXT"}`;
  const lines = [`security.protocol=${protocol}`];
  if (sasl && "username" in sasl) {
    const module = sasl.mechanism === "plain"
      ? "org.apache.kafka.common.security.plain.PlainLoginModule"
      : "org.apache.kafka.common.security.scram.ScramLoginModule";
    const login = `${module} required username=${quoted(sasl.username)} ` +
      `password=${quoted(sasl.password)};`;
    lines.push(
      `sasl.mechanism=${sasl.mechanism.toUpperCase()}`,
      // A properties file takes backslashes for its own.
      `sasl.jaas.config=${login.replaceAll("\\", "\\\\")}`,
    );
  }
  const authorities = trustedAuthorities(connection, env);
  if (authorities) {
    lines.push(
      "ssl.truststore.type=PEM",
      `ssl.truststore.certificates=${pemProperty(authorities.join(""))}`,
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
