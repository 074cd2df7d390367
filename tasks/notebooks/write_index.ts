import { collectClaims, readClaims } from "./claims_file.ts";
import { indexPage } from "./error_index.ts";

/**
 * Writes what is made from the notebooks of a folder: the page of errors, and the claims as data. An
 * identifier that is gone is named, as whoever quotes it should know.
 */
export async function writeIndex(folder: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/errors.md`, await indexPage(folder));
  const path = `${folder}/claims.json`;
  const before = readClaims(path);
  const { text } = await collectClaims(folder, before);
  const { retired } = JSON.parse(text);
  for (const id of retired) {
    if (!before.retired.includes(id)) {
      console.log(`No notebook states ${id} any more: it is retired.`);
    }
  }
  await Deno.writeTextFile(path, text);
}
