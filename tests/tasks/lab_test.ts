import { assertEquals, assertStringIncludes } from "@std/assert";
import { ProjectCopy } from "./_project_copy.ts";

Deno.test("lab says in one sentence that there are no notebooks, before it installs anything", async () => {
  await using project = await ProjectCopy.make();
  const env = { PATH: project.programs({}) };
  const folder = `${project.folder}/notebooks`;
  const empty = await project.setUp(env, "lab");
  await Deno.remove(folder);
  const missing = await project.setUp(env, "lab");
  for (const { code, said } of [empty, missing]) {
    assertEquals(code, 1);
    assertStringIncludes(said, `Cannot find any notebook in ${folder}: `);
    assertEquals(said.trim().split("\n").length, 1, said);
  }
});
