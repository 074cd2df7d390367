import { assertEquals, assertMatch } from "@std/assert";
import { claimOutput } from "lib/notebook/claim.ts";
import { JUPYTER_DISPLAY } from "lib/notebook/display.ts";
import { collectClaims } from "../../tasks/notebooks/claims_file.ts";
import { code, notebook } from "./_temporary_notebook.ts";

/** A cell that claims, with the output that its last run left; or without. */
function claiming(id: string, statement: string, { saved = true } = {}) {
  const cell = code(
    `claim(\n  "${id}",\n  ${JSON.stringify(statement)},\n  1,\n  1,\n);`,
  );
  const data = claimOutput(id, statement, 1)[JUPYTER_DISPLAY]();
  return saved
    ? { ...cell, outputs: [{ output_type: "display_data" as const, data }] }
    : cell;
}

async function inFolder<T>(
  cells: ReturnType<typeof claiming>[],
  run: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    Deno.writeTextFileSync(
      `${folder}/04_keys.ipynb`,
      JSON.stringify(notebook(cells)),
    );
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("collectClaims() keeps each claim with what was measured, and the clients that it names", async () => {
  const cells = [
    claiming("04/one", "Equal keys share a partition"),
    claiming("04/java", "Java's producer agrees"),
  ];
  const { text, problems } = await inFolder(
    cells,
    (folder) => collectClaims(folder),
  );
  assertEquals(problems, []);
  const { claims, retired } = JSON.parse(text);
  assertEquals(retired, []);
  assertEquals(claims[0].id, "04/one");
  assertEquals(claims[0].notebook, "04_keys");
  assertEquals(claims[0].measured, "1");
  assertMatch(claims[0].kafka, /^\d+\.\d+\.\d+$/);
  assertEquals(claims[0].clients, ["kafkajs 2.2.4"]);
  assertEquals(claims[1].clients, [`Java ${claims[1].kafka}`]);
});

Deno.test("collectClaims() names a claim that no saved output shows", async () => {
  const cells = [claiming("04/one", "Never run", { saved: false })];
  const { problems } = await inFolder(cells, (folder) => collectClaims(folder));
  assertMatch(problems[0]!.message, /lack the claim 04\/one/);
});

Deno.test("collectClaims() retires an identifier that is gone, and refuses it for another claim", async () => {
  const before = { claims: [], retired: ["04/gone"] };
  const first = await inFolder(
    [claiming("04/one", "Here")],
    async (folder) =>
      JSON.parse(
        (await collectClaims(folder, {
          claims: [{ id: "04/two" } as never],
          retired: ["04/gone"],
        })).text,
      ),
  );
  assertEquals(first.retired, ["04/gone", "04/two"]);
  const again = await inFolder(
    [claiming("04/gone", "Another statement")],
    (folder) => collectClaims(folder, before),
  );
  assertMatch(again.problems[0]!.message, /belonged to a claim that is gone/);
});
