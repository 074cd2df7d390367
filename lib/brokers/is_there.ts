/**
 * Tells whether a file or folder is there; a link to nothing is not.
 *
 * @param path Its path.
 * @returns Whether it is there and this user may look at it.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([isThere("deno.json"), isThere("no/such/file")], [true, false]);
 * ```
 */
export function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
