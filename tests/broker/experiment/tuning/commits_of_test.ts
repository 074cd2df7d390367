import { assertEquals } from "@std/assert";
import { commitsOf } from "lib/experiment/tuning/commits_of.ts";
import { tuningLab } from "./_tuning_lab.ts";

Deno.test("commitsOf() counts the commits up to the end", async () => {
  await using lab = tuningLab();
  const eachMessage = async () => {};
  const all = await commitsOf(lab, () => ({ eachMessage }));
  const some = await commitsOf(lab, () => ({
    ...{ autoCommitThreshold: 100, eachMessage },
  }));
  assertEquals([all.requests, some.requests], [1, 2]);
});
