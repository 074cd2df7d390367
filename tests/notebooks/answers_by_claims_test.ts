// Notebook 30 answers the questions of interviews, and the points of a checklist, by claims.
import { assert, assertEquals } from "@std/assert";

const FOLDER = new URL("../../notebooks/", import.meta.url);

interface Cell {
  cell_type: string;
  source: string | string[];
}

function cellsOf(file: string): { kind: string; text: string }[] {
  const { cells } = JSON.parse(
    Deno.readTextFileSync(new URL(file, FOLDER)),
  ) as { cells: Cell[] };
  return cells.map(({ cell_type: kind, source }) => ({
    kind,
    text: [source].flat().join(""),
  }));
}

const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
  .filter((name) => /^\d{2}_.*\.ipynb$/.test(name));
const answers = "30_game_day.ipynb";

/** The rows of the tables whose last column names claims. */
function rows(): string[][] {
  return cellsOf(answers).filter(({ kind }) => kind === "markdown")
    .flatMap(({ text }) => text.split("\n"))
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
    .filter(([, , claims = ""]) => /`\d\d\//.test(claims));
}

Deno.test("notebook 30 has fourteen questions and six points, each answered by claims that the notebooks make, with a link", () => {
  const found = rows();
  assertEquals(found.length, 20);
  for (const [question, , claims = ""] of found) {
    const ids = claims.match(/(?<=`)\d\d\/[a-z0-9-]+(?=`)/g) ?? [];
    assert(ids.length > 0, question);
    for (const id of ids) {
      const file = files.find((name) => name.startsWith(id.slice(0, 2)));
      assert(file, `${id}: there is no such notebook`);
      const makesIt = cellsOf(file).some(({ kind, text }) =>
        kind === "code" && /\bclaim\(/.test(text) && text.includes(`"${id}"`)
      );
      assert(makesIt, `${id}: ${file} does not claim it`);
      assert(
        file === answers || claims.includes(`](${file})`),
        `${id}: "${question}" does not link to ${file}`,
      );
    }
  }
});
