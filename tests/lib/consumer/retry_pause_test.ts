import { assert, assertEquals } from "@std/assert";
import { retryPauseMs } from "lib/consumer/retry_pause.ts";

Deno.test("retryPauseMs() doubles up to its limit, and takes at least half of that by chance", () => {
  const pauses = { firstMs: 100, longestMs: 1_000 };
  const most = [100, 200, 400, 800, 1_000, 1_000];
  for (const [index, longest] of most.entries()) {
    const drawn = Array.from(
      { length: 200 },
      () => retryPauseMs(index + 1, pauses),
    );
    assert(Math.min(...drawn) >= longest / 2);
    assert(Math.max(...drawn) <= longest);
    assert(new Set(drawn).size > 100, "no chance in it");
  }
  assert(retryPauseMs(100_000, pauses) <= 1_000);
  assertEquals(retryPauseMs(3, { firstMs: 0, longestMs: 10 }), 0);
});
