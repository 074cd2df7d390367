import { createHash } from "node:crypto";

/**
 * A short text that changes when any of the given texts does.
 *
 * @param texts The texts.
 * @returns 64 hexadecimal digits.
 *
 * @example Usage
 * ```ts
 * import { assertNotEquals } from "@std/assert";
 *
 * assertNotEquals(fingerprint("ab", "c"), fingerprint("a", "bc"));
 * ```
 */
export function fingerprint(...texts: string[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

/**
 * Reads a file that may be missing.
 *
 * @param path Its path.
 * @returns What it says, or undefined if there is none.
 * @throws {Error} The system's, if it is there and cannot be read.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readIfThere("no/such/file"), undefined);
 * ```
 */
export function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) return undefined;
    throw error;
  }
}

/**
 * Removes a file or a whole folder if it is there.
 *
 * @param path Its path.
 * @throws {Error} The system's, if it is there and cannot be removed.
 *
 * @example Usage
 * ```ts
 * await removeIfThere("no/such/file");
 * ```
 */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
