import { isThere } from "../is_there.ts";
import type { MoreJars } from "./more_jars.ts";

/** The jars of each plugin, by how their names begin. What they share with the broker is the broker's. */
const PLUGINS: Record<string, string[]> = {
  debezium: [
    "debezium-",
    "jackson-datatype-jsr310-",
    "postgresql-",
    "protobuf-java-",
    "sketches-java-",
  ],
  file: ["connect-file-"],
  mirror: ["connect-mirror-"],
};

/**
 * Lays out Connect's plugins as a worker wants them, in a folder each:
 * Debezium's connector for PostgreSQL, and Kafka's own for files and for
 * another cluster (MirrorMaker).
 *
 * @param folder The folder of the plugins.
 * @param jars The jars that `moreJars()` has fetched.
 * @throws {Error} The system's, if the folder cannot be written.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const jar = `${folder}/connect-file-4.3.1.jar`;
 * await Deno.writeTextFile(jar, "");
 * layOutPlugins(`${folder}/plugins`, { files: [jar] });
 *
 * assertEquals(Deno.statSync(`${folder}/plugins/file/connect-file-4.3.1.jar`).size, 0);
 * ```
 */
export function layOutPlugins(
  folder: string,
  { files }: Pick<MoreJars, "files">,
): void {
  for (const [plugin, beginnings] of Object.entries(PLUGINS)) {
    const names = new Map(
      files.map((path) => [path.slice(path.lastIndexOf("/") + 1), path]),
    );
    Deno.mkdirSync(`${folder}/${plugin}`, { recursive: true });
    for (const { name } of Deno.readDirSync(`${folder}/${plugin}`)) {
      // Of an older version, which must not stand beside the new one.
      if (!names.has(name)) Deno.removeSync(`${folder}/${plugin}/${name}`);
    }
    for (const [name, path] of names) {
      if (!beginnings.some((beginning) => name.startsWith(beginning))) continue;
      const copy = `${folder}/${plugin}/${name}`;
      // Not a link, which a container could not follow.
      if (!isWhole(copy, path)) Deno.copyFileSync(path, copy);
    }
  }
}

/** A copy that was interrupted is shorter. */
function isWhole(copy: string, original: string): boolean {
  return isThere(copy) &&
    Deno.statSync(copy).size === Deno.statSync(original).size;
}
