import { assertEquals } from "@std/assert";
import { Standstills } from "lib/consumer/standstill.ts";

const at = (committed: bigint | null, end: bigint | null, partition = 0) => ({
  ...{ topic: "orders", partition, committed, end },
  lag: committed === null || end === null ? null : end - committed,
});

/** Looks each second at what a partition shows, and gives the seconds at which it was reported. */
function reportedAt(looks: ReturnType<typeof at>[], stillMs = 2_000) {
  const stills = new Standstills(stillMs);
  return looks.flatMap((look, second) =>
    stills.look([look], second * 1_000).map(() => second)
  );
}

Deno.test("Standstills reports a position that stays while the log grows, once", () => {
  const looks = [at(3n, 4n), at(3n, 5n), at(3n, 6n), at(3n, 7n), at(3n, 8n)];
  assertEquals(reportedAt(looks), [2]);
});

Deno.test("Standstills reports a group that never commits", () => {
  assertEquals(reportedAt([at(null, 4n), at(null, 5n), at(null, 6n)]), [2]);
});

Deno.test("Standstills says nothing of a log that does not grow, though its lag stays", () => {
  assertEquals(reportedAt([at(3n, 4n), at(3n, 4n), at(3n, 4n)]), []);
});

Deno.test("Standstills says nothing of a group that is slow and gets on", () => {
  assertEquals(reportedAt([at(1n, 9n), at(2n, 19n), at(3n, 29n)]), []);
});

Deno.test("Standstills counts from the last look at which all was done", () => {
  const idle = [at(4n, 4n), at(4n, 4n), at(4n, 4n), at(4n, 5n)];
  assertEquals(reportedAt([...idle, at(4n, 6n), at(4n, 7n)]), [4]);
});

Deno.test("Standstills reports again what has moved and stopped once more", () => {
  const looks = [1n, 2n, 3n].map((end) => at(0n, end));
  const again = [at(1n, 4n), at(1n, 5n), at(1n, 6n)];
  assertEquals(reportedAt([...looks, ...again]), [2, 5]);
});

Deno.test("Standstills passes over an end that is not known, and keeps its count", () => {
  assertEquals(reportedAt([at(3n, 4n), at(3n, null), at(3n, 6n)]), [2]);
});

Deno.test("Standstills keeps partitions apart", () => {
  const stills = new Standstills(1_000);
  stills.look([at(0n, 1n, 0), at(0n, 1n, 1)], 0);
  const found = stills.look([at(1n, 5n, 0), at(0n, 5n, 1)], 1_000);
  assertEquals(found.map(({ partition, stillMs }) => [partition, stillMs]), [
    [1, 1_000],
  ]);
});
