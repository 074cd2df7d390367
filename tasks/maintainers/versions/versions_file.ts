import { isThere } from "lib/brokers/is_there.ts";
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

/**
 * Writes the table of all versions that were asked, as data and as a page. What the file has of
 * versions and claims that were not asked in this folder stays.
 *
 * @param folder The notebooks' folder.
 */
export async function writeVersions(folder: string): Promise<void> {
  const { claims: kept } = readClaims(`${folder}/claims.json`);
  const ids = kept.map(({ id }) => id);
  const path = `${folder}/versions.json`;
  const before: VersionsFile = JSON.parse(
    readIfThere(path) ?? '{ "day": "", "versions": [], "claims": {} }',
  );
  const file = mergeAnswers(before, answersOfHere(), ids);
  file.day = new Date().toISOString().slice(0, 10);
  await Deno.writeTextFile(path, JSON.stringify(file, null, 1) + "\n");
  // As it is: deno fmt takes the angle brackets from links, without which Sphinx changes their anchors.
  await Deno.writeTextFile(`${folder}/versions.md`, versionsPage(file, kept));
}

/** What each version has answered in this folder. */
function answersOfHere(): Map<string, Answer[]> {
  const root = `${KAFKA_FOLDER}/versions`;
  return new Map(
    [...Deno.readDirSync(root)]
      .filter(({ name }) => isThere(`${root}/${name}/${ANSWERS}`))
      .map(({ name }) => [
        name,
        Object.values(readAnswers(`${root}/${name}`)).flat(),
      ]),
  );
}

/**
 * Puts new answers over older ones.
 *
 * @param before The file as it was.
 * @param answers New answers by version. An older patch of the same version goes.
 * @param ids The claims that there are, in their order: answers to others go.
 * @returns The file as it is to be.
 */
export function mergeAnswers(
  before: VersionsFile,
  answers: Map<string, Answer[]>,
  ids: string[],
): VersionsFile {
  const minor = (version: string) => version.split(".").slice(0, 2).join(".");
  const asked = new Set([...answers.keys()].map(minor));
  const versions = [
    ...before.versions.filter((version) =>
      answers.has(version) || !asked.has(minor(version))
    ),
    ...[...answers.keys()].filter((version) =>
      !before.versions.includes(version)
    ),
  ].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  const claims: VersionsFile["claims"] = {};
  for (const id of ids) {
    for (const version of versions) {
      const now = answers.get(version)?.find((answer) => answer.id === id);
      const answer = now
        ? { outcome: now.outcome, measured: now.measured }
        : before.claims[id]?.[version];
      if (answer) (claims[id] ??= {})[version] = answer;
    }
  }
  return { ...before, versions, claims };
}
