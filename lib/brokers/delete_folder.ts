/**
 * Deletes a folder with all that is in it.
 *
 * @param folder Its path.
 * @returns Whether there was one.
 * @throws {Error} The system's, if it cannot be deleted.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(deleteFolder("no/such/folder"), false);
 * ```
 */
export function deleteFolder(folder: string): boolean {
  try {
    Deno.removeSync(folder, { recursive: true });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
