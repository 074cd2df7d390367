import { parse } from "yaml";
import { PROJECT } from "../setup/paths.ts";
import { shownClaims } from "./shown_claims.ts";
import { statedClaims } from "./stated_claims.ts";
import {
  listNotebooks,
  type NotebookDocument,
  notebookName,
  readNotebook,
  textOf,
} from "./document.ts";

/** A claim as `notebooks/claims.json` keeps it. */
export interface KeptClaim {
  /** Never changes, and is never used for another statement: `"14/acks-1"`. */
  id: string;
  statement: string;
  /** The notebook's file without its ending: `"14_acks"`. */
  notebook: string;
  /** What the statement is about: of "our code" nothing follows for Kafka. */
  about: "Kafka" | "our code";
  /** What was measured, as the notebook's page shows it. */
  measured: string;
  /** The version of Kafka's broker: `"4.3.1"`. */
  kafka: string;
  /** The clients that it is about, with their versions: `["kafkajs 2.2.4"]`. */
  clients: string[];
}

/** The content of `notebooks/claims.json`. */
export interface ClaimsFile {
  claims: KeptClaim[];
  /** Identifiers of claims that are gone. They are not used again. */
  retired: string[];
}

/** The text of `notebooks/claims.json`, and what is wrong with the notebooks that it was made from. */
export interface CollectedClaims {
  text: string;
  problems: { path: string; message: string }[];
}

/**
 * Collects the claims of a folder's notebooks from their saved outputs.
 *
 * @param folder The folder with the notebooks.
 * @param before The file as it was: identifiers that are in it and in no notebook are retired.
 * @returns The file's new text, and a problem for each claim without an output, and for each identifier
 * that is used again after it was retired.
 */
export async function collectClaims(
  folder: string,
  before: ClaimsFile = { claims: [], retired: [] },
): Promise<CollectedClaims> {
  const versions = readVersions();
  const claims: KeptClaim[] = [];
  const problems: CollectedClaims["problems"] = [];
  for (const path of await listNotebooks(folder)) {
    const { cells } = await readNotebook(path);
    const outputs = cells.flatMap(({ outputs = [] }) => outputs);
    const shown = new Map(shownClaims(outputs).map((each) => [each.id, each]));
    for (const id of statedIn(cells)) {
      const { statement, about, measured } = shown.get(id) ?? {};
      if (statement === undefined) {
        const message =
          `its saved outputs lack the claim ${id}: save them with deno task notebooks --write`;
        problems.push({ path, message });
        continue;
      }
      claims.push({
        ...{ id, statement, notebook: notebookName(path) },
        ...{ about: about!, measured: measured!, kafka: versions.kafka! },
        clients: about === "our code" ? [] : clientsIn(statement, versions),
      });
      if (before.retired.includes(id)) {
        const message =
          `the identifier ${id} belonged to a claim that is gone: choose another`;
        problems.push({ path, message });
      }
    }
  }
  const ids = new Set(claims.map(({ id }) => id));
  const retired = [...before.retired, ...before.claims.map(({ id }) => id)]
    .filter((id) => !ids.has(id)).sort();
  return {
    text: JSON.stringify({ claims, retired }, null, 2) + "\n",
    problems,
  };
}

/** Reads `claims.json`, or gives an empty one. */
export function readClaims(path: string): ClaimsFile {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { claims: [], retired: [] };
    }
    throw error;
  }
}

function statedIn(cells: NotebookDocument["cells"]): string[] {
  return statedClaims(
    cells.filter(({ cell_type }) => cell_type === "code")
      .map(({ source }) => textOf(source)).join("\n"),
  );
}

type Versions = { kafka: string } & Record<string, string>;

/** The versions that the notebooks are saved with: of the broker, and of each client. */
function readVersions(): Versions {
  const compose = parse(Deno.readTextFileSync(`${PROJECT}/compose.yaml`), {
    merge: true,
  });
  const config = JSON.parse(Deno.readTextFileSync(`${PROJECT}/deno.json`));
  const imported = Object.entries<string>(config.imports).map((
    [name, specifier],
  ) => [name, /@([\d.]+)$/.exec(specifier)?.[1] ?? ""]);
  const image: string = compose.services.kafka.image;
  return { ...Object.fromEntries(imported), kafka: image.split(":")[1]! };
}

/** A client's name in a statement, and in deno.json. */
const OTHER_CLIENTS = ["@platformatic/kafka", "kafka-ts", "kafka-crab-js"];

function clientsIn(statement: string, versions: Versions): string[] {
  const named = OTHER_CLIENTS.filter((name) => statement.includes(name))
    .map((name) => `${name} ${versions[name]}`);
  if (/\bJava\b|\bKafka Streams\b/.test(statement)) {
    named.push(`Java ${versions.kafka}`);
  }
  if (/\bmended\b|\bkafkaClient\b/.test(statement)) {
    named.push(`kafkajs ${versions.kafkajs}, mended`);
  }
  return named.length > 0 && !/\bKafkaJS\b/.test(statement)
    ? named
    : [`kafkajs ${versions.kafkajs}`, ...named];
}
