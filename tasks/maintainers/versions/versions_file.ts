import { readIfThere } from "lib/brokers/jars/stamp.ts";
import { readClaims } from "../../notebooks/claims_file.ts";
import { KAFKA_FOLDER } from "../../setup/paths.ts";
import type { Answer } from "./ask_claims.ts";
import { type VersionsFile, versionsPage } from "./versions_page.ts";

const ANSWERS = "answers.json";

/** What a version has answered so far, by notebook. */
export function readAnswers(folder: string): Record<string, Answer[]> {
  return JSON.parse(readIfThere(`${folder}/${ANSWERS}`) ?? "{}");
}

/** Keeps a notebook's answers. */
export function saveAnswers(
  folder: string,
  notebook: string,
  answers: Answer[],
): void {
  const all = { ...readAnswers(folder), [notebook]: answers };
  Deno.writeTextFileSync(
    `${folder}/${ANSWERS}`,
    JSON.stringify(all, null, 1) + "\n",
  );
}

/** Writes the table of all versions that were asked, as data and as a page. */
export async function writeVersions(folder: string): Promise<void> {
  const root = `${KAFKA_FOLDER}/versions`;
  const versions = [...Deno.readDirSync(root)].map(({ name }) => name)
    .filter((name) => readIfThere(`${root}/${name}/${ANSWERS}`) !== undefined)
    .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const file: VersionsFile = {
    day: new Date().toISOString().slice(0, 10),
    versions,
    claims: {},
  };
  for (const version of versions) {
    const answers = Object.values(readAnswers(`${root}/${version}`)).flat();
    for (const { id, ...answer } of answers) {
      (file.claims[id] ??= {})[version] = answer;
    }
  }
  await Deno.writeTextFile(
    `${folder}/versions.json`,
    JSON.stringify(file, null, 1) + "\n",
  );
  const { claims } = readClaims(`${folder}/claims.json`);
  const page = `${folder}/versions.md`;
  await Deno.writeTextFile(page, versionsPage(file, claims));
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", page] })
    .output();
}
