import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Explanation } from "../../../../tasks/maintainers/versions/explanations.ts";
import {
  differencesIn,
  versionsPage,
} from "../../../../tasks/maintainers/versions/versions_page.ts";

const holds = { outcome: "holds", measured: "1" } as const;
const lacks = {
  outcome: "cannot be asked",
  measured: "no share groups",
} as const;
const FILE = {
  day: "2026-11-27",
  versions: ["3.9.2", "4.1.2", "4.2.0"],
  claims: {
    "09/released": { "3.9.2": lacks, "4.1.2": lacks, "4.2.0": lacks },
    "01/order": { "3.9.2": holds, "4.1.2": holds, "4.2.0": holds },
  },
};
const SHARE: Explanation = {
  since: "4.2",
  what: "Share groups are ready.",
  source: "KIP-932",
  explains: ({ measured }) => measured.includes("share groups"),
};
const KEPT = [{
  id: "09/released",
  statement: "A released record comes again",
  notebook: "09_groups",
  about: "Kafka" as const,
  measured: "5",
  kafka: "4.3.1",
  clients: [],
}];

Deno.test("differencesIn() explains a difference only in versions before the change", () => {
  assertEquals(
    differencesIn(FILE, [SHARE]).map(({ id, version, because }) => [
      id,
      version,
      because?.source,
    ]),
    [
      ["09/released", "3.9.2", "KIP-932"],
      ["09/released", "4.1.2", "KIP-932"],
      ["09/released", "4.2.0", undefined],
    ],
  );
});

Deno.test("versionsPage() has a row for each change, and names what nobody has explained", () => {
  const page = versionsPage(FILE, KEPT, [SHARE]);
  const link = "[09/released](<09_groups.ipynb#09/released>)";
  assertStringIncludes(
    page,
    `| 4.2 | Share groups are ready. | KIP-932 | ${link} |`,
  );
  assertStringIncludes(page, `## Not explained yet\n\n- ${link} in 4.2.0 ·:`);
  assertStringIncludes(page, `| ${link} | · | · | · |`);
  assertStringIncludes(page, "| ✓ holds | 1 | 1 | 1 |");
});
