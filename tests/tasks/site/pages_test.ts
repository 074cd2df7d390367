import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  claimsPage,
  indexPage,
  partsOf,
  questionsPage,
} from "../../../tasks/site/pages.ts";
import { markdown, notebook } from "../../notebooks/_temporary_notebook.ts";

const README = `
| #  | Notebook                           | The question |
| -- | ---------------------------------- | ------------ |
|    | **The log**                        |              |
| 00 | [A cluster](notebooks/00_a.ipynb)  | What runs?   |
|    | **Later**                          |              |
| 01 | Not there yet                      | What else?   |
`;

Deno.test("partsOf() reads README's table, without notebooks that do not exist", () => {
  assertEquals(partsOf(README), [{
    title: "The log",
    notebooks: [{
      name: "00_a",
      title: "00 · A cluster",
      question: "What runs?",
    }],
  }]);
});

Deno.test("indexPage() has every notebook in a table and in the menu", () => {
  const page = indexPage(partsOf(README), ["words"]);
  assertStringIncludes(page, "| [00 · A cluster](00_a.ipynb) | What runs? |");
  assertStringIncludes(page, ":caption: The log\n\n00_a\n");
  assertStringIncludes(page, ":caption: To look up\n\nwords\n");
});

Deno.test("questionsPage() collects the recall questions of each notebook", () => {
  const document = notebook([
    markdown("# 00 · A cluster"),
    markdown(
      "<details><summary>Solution</summary>\n\nx\n\n</details>\n\n## What you can answer now\n\n<details><summary>What\nruns?</summary>A broker.</details>",
    ),
  ]);
  const page = questionsPage(new Map([["notebooks/00_a.ipynb", document]]));
  assertStringIncludes(
    page,
    "## [00 · A cluster](00_a.ipynb)\n\n- What runs?\n",
  );
  assertEquals(page.includes("Solution"), false);
});

Deno.test("claimsPage() links each claim, and names a client that is not the first one", () => {
  const claim = {
    ...{ id: "00/one", statement: "It *runs*", notebook: "00_a" },
    ...{ about: "Kafka" as const, measured: "1", kafka: "4.3.1" },
    clients: ["kafkajs 2.2.4"],
  };
  const page = claimsPage(
    [claim, { ...claim, id: "00/two", clients: ["Java 4.3.1"] }],
    new Map([["00_a", "00 · A cluster"]]),
  );
  assertStringIncludes(page, "- [It \\*runs\\*](<00_a.ipynb#00/one>)\n");
  assertStringIncludes(page, "(<00_a.ipynb#00/two>) _(Java 4.3.1)_");
});
