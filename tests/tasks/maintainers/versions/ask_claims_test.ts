import { assertEquals } from "@std/assert";
import { askClaims } from "../../../../tasks/maintainers/versions/ask_claims.ts";
import {
  code,
  NotebookFolder,
} from "../../../notebooks/_temporary_notebook.ts";

Deno.test("askClaims() runs a notebook to its end, and says of each claim whether it holds, does not, or was not reached", async () => {
  await using folder = await NotebookFolder.make();
  const path = await folder.write("04_keys", [
    code('import { claim } from "lib/notebook/claim.ts";'),
    code('claim("04/holds", "It holds", 1, 1);'),
    code('claim("04/fails", "It does not", 2, 1);'),
    code('const value = JSON.parse("no JSON");'),
    code('claim("04/unreached", "Nobody knows", value, 1);'),
    code('claim("04/after", "It goes on", 3, 3);'),
  ]);
  const answers = await askClaims(path, () => {}, new AbortController().signal);
  assertEquals(
    answers.map(({ id, outcome }) => [id, outcome]),
    [
      ["04/holds", "holds"],
      ["04/fails", "does not hold"],
      ["04/unreached", "cannot be asked"],
      ["04/after", "holds"],
    ],
  );
  assertEquals(answers.slice(0, 2).map(({ measured }) => measured), ["1", "2"]);
  assertEquals(answers[2]!.measured.slice(0, 11), "SyntaxError");
});
