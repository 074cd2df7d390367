import { readIfThere } from "lib/brokers/jars/stamp.ts";
import { readClaims } from "../../notebooks/claims_file.ts";
import { KAFKA_FOLDER } from "../../setup/paths.ts";
import type { Answer } from "./ask_claims.ts";

/** The content of `notebooks/versions.json`. */
interface VersionsFile {
  /** The day on which it was written: `"2026-11-26"`. */
  day: string;
  /** The versions of Kafka, oldest first. */
  versions: string[];
  /** For each claim and version what it said; nothing where it was not asked. */
  claims: Record<string, Record<string, Omit<Answer, "id">>>;
}

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
  await Deno.writeTextFile(`${folder}/versions.md`, versionsPage(file, folder));
}

const MARKS = { "holds": "✓", "does not hold": "✗", "cannot be asked": "·" };

/** The page: how many claims hold where, and each claim that does not hold everywhere. */
function versionsPage(
  { day, versions, claims }: VersionsFile,
  folder: string,
): string {
  const kept = new Map(
    readClaims(`${folder}/claims.json`).claims.map((each) => [each.id, each]),
  );
  const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const head = [
    row(["", ...versions]),
    row(["---", ...versions.map(() => "---")]),
  ];
  const count = (outcome: Answer["outcome"], version: string) =>
    Object.values(claims).filter((each) => each[version]?.outcome === outcome)
      .length;
  const differing = Object.entries(claims).filter(([, answers]) =>
    versions.some((version) =>
      answers[version] && answers[version].outcome !== "holds"
    )
  );
  return [
    "# Which claims hold in which version of Kafka",
    `The notebooks were run on each of these versions on ${day}, by \`deno task versions\`. A claim that could not be asked needs something that this version lacks, or stands behind a cell that failed there.`,
    [
      ...head,
      ...(Object.keys(MARKS) as Answer["outcome"][]).map((outcome) =>
        row([
          `${MARKS[outcome]} ${outcome}`,
          ...versions.map((version) => `${count(outcome, version)}`),
        ])
      ),
    ].join("\n"),
    "## Claims that do not hold, or cannot be asked, everywhere",
    differing.length === 0 ? "There are none." : [
      ...head,
      ...differing.map(([id, answers]) => {
        const claim = kept.get(id);
        const name = claim ? `[${id}](<${claim.notebook}.ipynb#${id}>)` : id;
        return row([
          name,
          ...versions.map((version) => {
            const answer = answers[version];
            return answer ? MARKS[answer.outcome] : "";
          }),
        ]);
      }),
    ].join("\n"),
    ...differing.flatMap(([id, answers]) => [
      `**${id}**: ${kept.get(id)?.statement ?? ""}`,
      versions.filter((version) =>
        answers[version] && answers[version].outcome !== "holds"
      ).map((version) =>
        `- ${version} ${MARKS[answers[version]!.outcome]} \`${
          answers[version]!.measured.replaceAll("`", "'").slice(0, 160)
        }\``
      ).join("\n"),
    ]),
  ].join("\n\n") + "\n";
}
