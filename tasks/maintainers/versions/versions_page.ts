import type { KeptClaim } from "../../notebooks/claims_file.ts";
import type { Answer } from "./ask_claims.ts";
import { type Explanation, EXPLANATIONS } from "./explanations.ts";

/** The content of `notebooks/versions.json`. */
export interface VersionsFile {
  /** The day on which something was last asked: `"2026-11-26"`. */
  day: string;
  /** The versions of Kafka, oldest first. */
  versions: string[];
  /** For each claim and version what it said; nothing where it was not asked. */
  claims: Record<string, Record<string, Omit<Answer, "id">>>;
}

const MARKS = { "holds": "✓", "does not hold": "✗", "cannot be asked": "·" };

/** What the table says nothing about. */
const NOT_ASKED = [
  "An upgrade from one version to the next, with brokers of both in one cluster.",
  "Clusters with ZooKeeper, which 3.9 still had: its brokers run here as the others do, with controllers of their own.",
  "Java's clients and tools of another version than the broker's: each version is asked with its own.",
  "Patch releases other than the one that is named.",
  "Services beside Kafka: Debezium, PostgreSQL and KafkaJS have the same versions everywhere.",
];

/** A difference: what a claim was answered in a version in which it does not hold. */
interface Difference {
  id: string;
  version: string;
  answer: Omit<Answer, "id">;
  because: Explanation | undefined;
}

/**
 * Every answer that is not "holds", with its explanation.
 *
 * @param file What was asked.
 * @param explanations What is known.
 * @returns The differences, in the order of the claims.
 */
export function differencesIn(
  { claims, versions }: Pick<VersionsFile, "claims" | "versions">,
  explanations: Explanation[] = EXPLANATIONS,
): Difference[] {
  return Object.entries(claims).flatMap(([id, answers]) =>
    versions.flatMap((version) => {
      const answer = answers[version];
      if (!answer || answer.outcome === "holds") return [];
      const because = explanations.find((each) =>
        isOlder(version, each.since) && each.explains({ id, ...answer })
      );
      return [{ id, version, answer, because }];
    })
  );
}

/**
 * The page: how many claims hold where, what changed in Kafka, and each claim
 * that does not hold everywhere.
 *
 * @param file What was asked.
 * @param kept The claims as the notebooks have them.
 * @param explanations What is known of the differences.
 * @returns The page, in Markdown.
 */
export function versionsPage(
  file: VersionsFile,
  kept: KeptClaim[],
  explanations: Explanation[] = EXPLANATIONS,
): string {
  const { day, versions, claims } = file;
  const notebookOf = new Map(kept.map(({ id, notebook }) => [id, notebook]));
  const link = (id: string) => {
    const notebook = notebookOf.get(id);
    return notebook ? `[${id}](<${notebook}.ipynb#${id}>)` : id;
  };
  const differences = differencesIn(file, explanations);
  const count = (outcome: Answer["outcome"], version: string) =>
    Object.values(claims).filter((each) => each[version]?.outcome === outcome)
      .length;
  const ofEach = <T>(of: (version: string) => T) => versions.map(of);
  const head = [
    row(["", ...versions]),
    row(["---", ...ofEach(() => "---")]),
  ];
  const unexplained = differences.filter(({ because }) => !because);
  const ids = [...new Set(differences.map(({ id }) => id))];
  return [
    "# Which claims hold in which version of Kafka",
    `The notebooks were run on each of these versions by \`deno task versions\`, last on ${day}. A claim that cannot be asked needs something that this version lacks, or stands behind a cell that failed there. The same as data, with what was measured: [versions.json](versions.json) (for each claim and version an \`outcome\` and what was \`measured\`).`,
    [
      ...head,
      ...(Object.keys(MARKS) as Answer["outcome"][]).map((outcome) =>
        row([
          `${MARKS[outcome]} ${outcome}`,
          ...ofEach((version) => `${count(outcome, version)}`),
        ])
      ),
    ].join("\n"),
    "## What changed",
    [
      row(["since", "what changed", "source", "claims"]),
      row(["---", "---", "---", "---"]),
      ...explanations.flatMap((each) => {
        const of = new Set(
          differences.filter(({ because }) => because === each)
            .map(({ id }) => id),
        );
        if (of.size === 0) return [];
        const shown = [...of].map(link).join(", ");
        return [row([each.since, each.what, each.source, shown])];
      }),
    ].join("\n"),
    ...(unexplained.length === 0 ? [] : [
      "## Not explained yet",
      unexplained.map(({ id, version, answer }) =>
        `- ${link(id)} in ${version} ${MARKS[answer.outcome]}: \`${
          answer.measured.replaceAll("`", "'").replaceAll(/\s+/g, " ")
            .slice(0, 160)
        }\``
      ).join("\n"),
    ]),
    "## Claim by claim",
    ids.length === 0 ? "Every claim holds in all of them." : [
      ...head,
      ...ids.map((id) =>
        row([
          link(id),
          ...ofEach((version) => {
            const answer = claims[id]![version];
            return answer ? MARKS[answer.outcome] : "";
          }),
        ])
      ),
    ].join("\n"),
    "## What this does not tell",
    NOT_ASKED.map((each) => `- ${each}`).join("\n"),
  ].join("\n\n") + "\n";
}

function row(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Whether a version comes before another: "3.9.2" before "4.0". */
function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((each) => each.split(".").map(Number));
  return a![0]! < b![0]! || (a![0] === b![0] && a![1]! < b![1]!);
}
