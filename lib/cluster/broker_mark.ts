/** What the mark of a service's JVMs begins with; its folder follows. */
export const MARK = "-Dkafka.notebooks.folder=";

/**
 * The mark by which a service's JVMs are found, whoever started them.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(markOf("/a/kafka"), "-Dkafka.notebooks.folder=/a/kafka");
 * ```
 */
export function markOf(folder: string): string {
  return `${MARK}${folder}`;
}
