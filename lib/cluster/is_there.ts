/**
 * Tells whether a file or folder is there; a link to nothing is not.
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
