import { isIPv6 } from "node:net";

/** Where something listens. */
export interface Address {
  /** A name or an IP address, without brackets: `localhost`, `10.0.0.7`, `::1`. */
  host: string;
  /** From 1 to 65535. */
  port: number;
}

/**
 * Reads an address as Kafka's settings write it. The colons of an IPv6 address
 * stand in brackets, so that the one before the port can be told from them.
 *
 * @param text Such as `broker.example.com:9092`, `10.0.0.7:9092` or `[::1]:9092`.
 * @returns Host and port, or undefined if it is not an address.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseAddress("localhost:9092"), { host: "localhost", port: 9092 });
 * assertEquals(parseAddress("[::1]:9092"), { host: "::1", port: 9092 });
 * assertEquals(parseAddress("::1:9092"), undefined);
 * ```
 */
export function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits] =
    /^(?:\[([^\s[\]]+)\]|([^\s:/@[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (!(port >= 1 && port <= 65_535)) return undefined;
  if (plain !== undefined) return { host: plain, port };
  return bracketed !== undefined && isIPv6(bracketed)
    ? { host: bracketed, port }
    : undefined;
}

/**
 * Writes an address as Kafka's settings and Kafka's tools take it.
 *
 * @param address Host and port; other properties are left alone.
 * @returns `host:port`, with an IPv6 address in brackets.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatAddress({ host: "::1", port: 9092 }), "[::1]:9092");
 * assertEquals(formatAddress({ host: "localhost", port: 9092 }), "localhost:9092");
 * ```
 */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
