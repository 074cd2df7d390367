import { assertEquals } from "@std/assert";
import { mostAtOnce } from "lib/experiment/tuning/most_at_once.ts";
import { tuningLab } from "./_tuning_lab.ts";

Deno.test("mostAtOnce() finds a record of each partition in work", async () => {
  await using lab = tuningLab();
  assertEquals(await mostAtOnce(lab, { partitions: 1, workMs: 5 }), 1);
  assertEquals(await mostAtOnce(lab, { partitions: 3, workMs: 5 }), 3);
});
