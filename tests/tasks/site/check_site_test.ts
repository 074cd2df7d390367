import { assertEquals } from "@std/assert";
import { checkSite } from "../../../tasks/site/check_site.ts";

async function problemsOf(pages: Record<string, string>): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, body] of Object.entries(pages)) {
      await Deno.writeTextFile(
        `${folder}/${name}`,
        `<!DOCTYPE html><html><head></head><body>${body}</body></html>`,
      );
    }
    return await checkSite(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("checkSite() passes links to pages, to places in them, and to elsewhere", async () => {
  assertEquals(
    await problemsOf({
      "a.html":
        '<a href="b.html#14/lost">x</a><a href="#here">y</a><p id="here"></p><a href="https://example.com/">z</a>',
      "b.html": '<div id="14/lost"></div><a href="a.html">back</a>',
    }),
    [],
  );
});

Deno.test("checkSite() names a link to no page, a link to no place, and a missing picture", async () => {
  assertEquals(
    await problemsOf({
      "a.html":
        '<a href="gone.html">x</a><a href="b.html#nowhere">y</a><img src="gone.png">',
      "b.html": "",
    }),
    [
      "a.html lacks gone.png",
      "a.html links gone.html, and there is no such page",
      "a.html links b.html#nowhere, and that page has no such place",
    ],
  );
});

Deno.test("checkSite() names what a page would fetch from elsewhere, and a page that is too large", async () => {
  assertEquals(
    await problemsOf({
      "a.html": `<script src="https://example.com/x.js"></script>${
        "x".repeat(1_500_000)
      }`,
    }).then((problems) => problems.map((each) => each.slice(0, 12))),
    ["a.html has 1", "a.html fetch"],
  );
});
