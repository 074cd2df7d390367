// "Since Kafka 4.0": who says so says where that is written, or has a claim that holds from that version on.
import { assertEquals } from "@std/assert";
import {
  listNotebooks,
  notebookName,
  readNotebook,
  textOf,
} from "../../tasks/notebooks/document.ts";
import { EXPLANATIONS } from "../../tasks/maintainers/versions/explanations.ts";
import { differencesIn } from "../../tasks/maintainers/versions/versions_page.ts";
import { PROJECT } from "../../tasks/setup/paths.ts";

/** What else has versions: a paragraph about it says nothing of Kafka's. */
const OTHERS = /RabbitMQ|librdkafka|kafka-ts/;
const SINCE = /\bsince (?:Kafka )?(\d+\.\d+)/gi;
const SOURCE = /\bKIP-\d+|\bKIP\]\([^)]*\)-\d+|\bKAFKA-\d+/;

/** The sentences of a text that say "since" of a version of Kafka and name no source: their versions. */
function unsourced(text: string): string[] {
  return text.split(/\n\s*(?:>\s*)?\n|\n(?=\|)/)
    .filter((part) => !OTHERS.test(part) && !SOURCE.test(part))
    .flatMap((part) =>
      [...part.matchAll(SINCE)].map(([, version]) => version!)
    );
}

Deno.test("a sentence without a source is found, and one with a source is not", () => {
  assertEquals(unsourced("It is so since Kafka 4.0."), ["4.0"]);
  assertEquals(unsourced("It is so since 4.0 (KIP-1030)."), []);
  assertEquals(
    unsourced("Gone since Kafka 4.0.\n\nBy [KIP](words.md#kip)-833."),
    ["4.0"],
  );
  assertEquals(unsourced("librdkafka has it since 2.12.0"), []);
});

Deno.test("what notebooks say of a version of Kafka is written somewhere, or was seen in the versions that were asked", async () => {
  const file = JSON.parse(
    Deno.readTextFileSync(`${PROJECT}/notebooks/versions.json`),
  );
  const seen = new Set(
    differencesIn(file, EXPLANATIONS)
      .filter(({ because }) => because)
      .map(({ id, because }) => `${id.slice(0, 2)} ${because!.since}`),
  );
  const missing: string[] = [];
  for (const path of await listNotebooks(`${PROJECT}/notebooks`)) {
    const number = notebookName(path).slice(0, 2);
    for (const cell of (await readNotebook(path)).cells) {
      for (const version of unsourced(textOf(cell.source))) {
        if (!seen.has(`${number} ${version}`)) {
          missing.push(`${number}: since ${version}`);
        }
      }
    }
  }
  assertEquals(missing, []);
});
