import { assertEquals } from "@std/assert";
import { notebookPage, pageLinks } from "../../../tasks/site/notebook_page.ts";
import { textOf } from "../../../tasks/notebooks/document.ts";
import {
  code,
  markdown,
  notebook,
} from "../../notebooks/_temporary_notebook.ts";

Deno.test("notebookPage() gives each claim and each exercise an address before its cell", () => {
  const { cells } = notebookPage(
    "14_acks",
    notebook([
      markdown("# 14 · acks"),
      code('claim(\n  "14/lost",\n  "Lost",\n  1,\n  1,\n);'),
      code("const answer = undefined;", "exercise:answer"),
    ]),
  );
  const sources = cells.map(({ source }) => textOf(source));
  assertEquals(sources[2], '<div class="address" id="14/lost"></div>');
  assertEquals(sources[4], '<div class="address" id="exercise-answer"></div>');
  assertEquals(new Set(cells.map(({ id }) => id)).size, cells.length);
});

Deno.test("notebookPage() folds the code of cells that only claim, and shows no prediction that nobody made", () => {
  const { cells } = notebookPage(
    "14_acks",
    notebook([
      markdown("# 14 · acks"),
      {
        ...code('predict("14/lost", undefined);'),
        outputs: [{
          output_type: "display_data",
          data: { "text/plain": "Not predicted yet" },
        }],
      },
      code('claim("14/lost", "Lost", 1, 1);'),
      code('const lost = 1;\nclaim("14/lost", "Lost", lost, 1);'),
    ]),
  );
  const tagsOf = (start: string) =>
    cells.find(({ source }) => textOf(source).startsWith(start))?.metadata.tags;
  assertEquals(tagsOf("claim("), ["hide-input"]);
  assertEquals(tagsOf("const lost"), []);
  const predict = cells.find(({ source }) =>
    textOf(source).startsWith("predict(")
  );
  assertEquals(predict?.outputs, []);
});

Deno.test("pageLinks() writes headings' addresses as Sphinx does, and names what is not on the site", () => {
  assertEquals(
    pageLinks("[it](10_rebalancing.ipynb#Round-2-%28slow%29)"),
    "[it](10_rebalancing.ipynb#round-2-slow)",
  );
  assertEquals(pageLinks("[map](../README.md)"), "[map](index.md)");
  assertEquals(pageLinks("[`x.ts`](../lib/x.ts)"), "`x.ts`");
  assertEquals(pageLinks("[kip](words.md#kip)"), "[kip](words.md#kip)");
});
