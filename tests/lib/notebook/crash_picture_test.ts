import { assertStringIncludes } from "@std/assert";
import { crashPicture } from "lib/notebook/crash_picture.ts";

Deno.test("crashPicture() says in words where each process died and what came of it", () => {
  const output = crashPicture([
    { point: "sent", counts: false, then: "c again" },
    { point: "committed", counts: true, then: "d is next" },
  ], { title: "Two crashes" });
  const text = String(output);
  assertStringIncludes(text, "killed at sent: does not count, c again");
  assertStringIncludes(text, "killed at committed: counts, d is next");
});
