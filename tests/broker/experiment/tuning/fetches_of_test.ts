import { assertEquals } from "@std/assert";
import { fetchesOf } from "lib/experiment/tuning/fetches_of.ts";
import { tuningLab } from "./_tuning_lab.ts";

Deno.test("fetchesOf() counts a backlog to its end, and a fetch that waits as one", async () => {
  await using lab = tuningLab();
  const { backlog, idle, trickle } = await fetchesOf(lab, {});
  assertEquals({ backlog, idle }, { backlog: 3, idle: 1 });
  // The first of them was there already, and records may come in twos.
  assertEquals(trickle > 0 && trickle <= 50, true);
});

Deno.test("fetchesOf() sees a larger limit bring the backlog at once, and a short wait", async () => {
  await using lab = tuningLab();
  const maxBytesPerPartition = 10 * 2 ** 20;
  const config = { maxBytesPerPartition, maxWaitTimeInMs: 0 };
  const { backlog, idle } = await fetchesOf(lab, config);
  assertEquals({ backlog, isBusy: idle > 20 }, { backlog: 1, isBusy: true });
});
