import { createHash } from "node:crypto";

/** A short text that changes when any of the given texts does. */
export function fingerprint(...texts: string[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

/** What a file says, or undefined if there is none. */
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

/** Removes a file or a whole folder if it is there. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
