import { createHash } from "node:crypto";
import type { Jars } from "./jars.ts";
import type { Java } from "./java.ts";

/** The first Java that makes an AOT cache in one run. */
export const AOT_SINCE = 25;

/**
 * Where the AOT cache of a JVM and a class path is, or would be. The cache
 * holds Kafka's classes loaded and linked, and cuts a broker's start to less
 * than half; it fits only the JVM and the jars that made it, so both are in
 * the file's name.
 *
 * @param folder The folder of all AOT caches.
 * @param java The Java runtime that it is for.
 * @param jars The jars that it is for.
 * @returns The path, whether there is a file or not.
 *
 * @example Usage
 * ```ts
 * import { assertNotEquals } from "@std/assert";
 *
 * const jars = { files: [], kafkaVersion: "4.3.1" };
 *
 * assertNotEquals(
 *   aotCachePath(".kafka/aot", { path: "/a/java", version: "25.0.1", feature: 25 }, jars),
 *   aotCachePath(".kafka/aot", { path: "/a/java", version: "25.0.2", feature: 25 }, jars),
 * );
 * ```
 */
export function aotCachePath(folder: string, java: Java, jars: Jars): string {
  const hash = createHash("sha256");
  hash.update(`${java.path}\n${java.version}\n${fingerprint(java.path)}\n`);
  for (const file of jars.files) hash.update(`${file} ${fingerprint(file)}\n`);
  return `${folder}/kafka-${jars.kafkaVersion}-${
    hash.digest("hex").slice(0, 16)
  }.aot`;
}

/** The JVM compares the same two. */
function fingerprint(path: string): string {
  try {
    const { size, mtime } = Deno.statSync(path);
    return `${size} ${mtime?.getTime()}`;
  } catch {
    return "missing";
  }
}
