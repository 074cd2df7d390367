import { assertEquals } from "@std/assert";
import type { Participants } from "../../../../tasks/maintainers/soak/participants.ts";
import { untilOthersAreWritten } from "../../../../tasks/maintainers/soak/until_others_are_written.ts";
import type { Violation } from "../../../../tasks/maintainers/soak/violation.ts";

/** Waits beside topic 3, which cannot be written, and tells what was found about 1 and 2. */
async function found(
  waitsSinceMs: (topic: string) => number | undefined,
  signal?: AbortSignal,
): Promise<string[]> {
  const violations: Violation[] = [];
  const topics = ["a", "b", "c"].map((name, index) => ({
    ...{ name, number: index + 1, isUnwritable: name === "c" },
  }));
  await untilOthersAreWritten(
    { topics, producing: { waitsSinceMs } } as unknown as Participants,
    { report: (each) => violations.push(each), signal, deadlineMs: 300 },
  );
  return violations.map(({ check, what }) => `${check}: ${what}`);
}

const longAgo = performance.now() - 5_000;

Deno.test("untilOthersAreWritten() ends when each writable topic has had a result or waits for none", async () => {
  let looks = 0;
  const sinceMs = (topic: string) => {
    if (topic === "a") return undefined;
    if (topic === "b" && ++looks > 2) return performance.now();
    return longAgo;
  };
  assertEquals(await found(sinceMs), []);
  assertEquals(looks, 3);
});

Deno.test("untilOthersAreWritten() names the writable topics without a result", async () => {
  const sinceMs = (topic: string) =>
    topic === "a" ? performance.now() : longAgo;
  assertEquals(await found(sinceMs), [
    "flowing: the producer had no result from topic 2 for another 300 ms",
  ]);
});

Deno.test("untilOthersAreWritten() ends when the soak does", async () => {
  assertEquals(await found(() => longAgo, AbortSignal.abort()), []);
});
