import { assertEquals } from "@std/assert";
import { checkLinks } from "../../tasks/notebooks/check_links.ts";
import { code, markdown, notebook } from "./_temporary_notebook.ts";

async function problems(text: string): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    Deno.writeTextFileSync(
      `${folder}/words.md`,
      "# Words\n\n## high-watermark\n",
    );
    Deno.writeTextFileSync(`${folder}/14_acks.ipynb`, "{}");
    const document = notebook([code("[1](2)"), markdown(text)]);
    const found = await checkLinks(`${folder}/04_keys.ipynb`, document, [
      "04_keys",
      "14_acks",
    ]);
    return found.map(({ cell, message }) => `${cell} ${message}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("checkLinks() finds a link to a file or a word that is not there", async () => {
  assertEquals(
    await problems("[a](words.md#high-watermark) [b](https://x.y)"),
    [],
  );
  assertEquals(await problems("[a](words.md#commit)"), [
    "2 its link leads to #commit, which is no heading of words.md",
  ]);
  assertEquals(await problems("[a](15_isr.ipynb)"), [
    "2 its link leads to 15_isr.ipynb, which does not exist",
  ]);
});

Deno.test("checkLinks() wants a notebook that exists to be linked, and no other", async () => {
  assertEquals(await problems("see notebook 14"), [
    "2 it names notebook 14, which exists: link 14_acks.ipynb",
  ]);
  assertEquals(
    await problems("see [notebook 14](14_acks.ipynb), as in notebook 14"),
    [],
  );
  assertEquals(await problems("here, in notebook 04, or in notebook 26"), []);
});
