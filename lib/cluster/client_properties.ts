import type { Connection } from "../client/connection.ts";

/**
 * What Kafka's Java clients and tools need to know of TLS and login, as a
 * properties file.
 *
 * @param connection How to reach the cluster, as `connectionFromEnvironment()` reads it.
 * @returns The file's text, or undefined if there is nothing to say.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const connection = { brokers: ["example.com:9093"], ssl: true, chosen: true };
 *
 * assertEquals(clientProperties(connection), "security.protocol=SSL\n");
 * ```
 */
export function clientProperties(
  { ssl, sasl }: Connection,
): string | undefined {
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
  return lines.map((line) => `${line}\n`).join("");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
