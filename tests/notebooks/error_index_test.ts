import { assertEquals } from "@std/assert";
import { indexPage } from "../../tasks/notebooks/error_index.ts";
import { markdown, notebook } from "./_temporary_notebook.ts";

Deno.test("indexPage() leads from an error's text to the heading under which it is explained", async () => {
  const folder = await Deno.makeTempDir();
  try {
    Deno.writeTextFileSync(
      `${folder}/10_rebalancing.ipynb`,
      JSON.stringify(notebook([
        markdown("# 10 · Rebalancing"),
        markdown(
          "## Round 2 (slow)\n\nText.\n\n> **If you see** `The group is rebalancing: wait`\n> or `REBALANCE_IN_PROGRESS`: somebody came. Do\n> nothing.\n\n> **If you see** nothing: go on.",
        ),
      ])),
    );
    const page = await indexPage(folder);
    const to = "[10 · Rebalancing](10_rebalancing.ipynb#Round-2-%28slow%29)";
    assertEquals(page.split("\n").filter((line) => line.startsWith("- ")), [
      `- \`REBALANCE_IN_PROGRESS\`: somebody came. → ${to}`,
      `- \`The group is rebalancing: wait\`: somebody came. → ${to}`,
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
