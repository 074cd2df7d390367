import { PROJECT_FOLDER } from "../../notebooks/document.ts";
import type { Proofs } from "./proofs.ts";

/**
 * Loads the proofs of a notebook.
 *
 * @param number The notebook's number: "14".
 * @param folder Where the proofs are.
 * @returns The proofs, or undefined if there are none.
 */
export async function loadProofs(
  number: string,
  folder = `${PROJECT_FOLDER}/tests/proofs`,
): Promise<Proofs | undefined> {
  const file = `${folder}/${number}.ts`;
  try {
    await Deno.stat(file);
  } catch {
    return undefined;
  }
  return (await import(`file://${file}`)).default;
}
