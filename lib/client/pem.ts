import { X509Certificate } from "node:crypto";

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g;

/**
 * Finds the certificates in a PEM text. What else is in it, such as a key or
 * the words that `openssl` writes between them, is left out.
 *
 * @param text The text of a PEM file.
 * @returns Each certificate as a PEM text, in order, at least one.
 * @throws {Error} If there is none, or one cannot be read; the message ends before the file's name.
 *
 * @example Usage
 * ```ts
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => certificatesIn("-----BEGIN PRIVATE KEY-----"), Error, "no certificate is in");
 * ```
 */
export function certificatesIn(text: string): string[] {
  const found = text.match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new Error("no certificate is in");
  for (const [index, certificate] of found.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw new Error(
        `certificate ${index + 1} of ${found.length} cannot be read in`,
        { cause },
      );
    }
  }
  return found.map((certificate) => `${certificate}\n`);
}

/**
 * Writes a PEM text as one line of a properties file, as Kafka's settings take
 * it (KIP-651). Spaces in place of the ends of its lines will not do: of several
 * certificates, Kafka 4.3.1 then takes the last one only.
 *
 * @param pem One or more certificates, or a key.
 * @returns The line, in which `\\n` stands for the end of a line.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   pemProperty("-----BEGIN X-----\nAA==\n-----END X-----\n"),
 *   "-----BEGIN X-----\\nAA==\\n-----END X-----",
 * );
 * ```
 */
export function pemProperty(pem: string): string {
  return pem.trim().replaceAll(/\s*\n\s*/g, "\\n");
}
