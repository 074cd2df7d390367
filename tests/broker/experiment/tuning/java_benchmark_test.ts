import { assertEquals } from "@std/assert";
import { javaBenchmark } from "lib/experiment/tuning/java_benchmark.ts";
import { tuningLab } from "./_tuning_lab.ts";

Deno.test("javaBenchmark() reads from the log what its settings made, and from the report how fast", async () => {
  await using lab = tuningLab();
  const settings = ["batch.size=65536", "linger.ms=30000"];
  const outcome = await javaBenchmark(lab, settings, { records: 1_000 });
  // 108 bytes each, and 61 for each of two batches.
  assertEquals(outcome.batches, 2);
  assertEquals(outcome["records/s"] > 0, true);
});
