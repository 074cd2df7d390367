import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  interrupt,
  InterruptedError,
  interruptSignal,
  pause,
} from "lib/client/interrupt.ts";

Deno.test("interrupt() ends every pause under way and none that follows", async () => {
  const before = [pause(60_000), pause(60_000)];
  const ended = before.map((waiting) =>
    assertRejects(() => waiting, InterruptedError, "Stopped by hand")
  );
  interrupt("Stopped by hand");
  await Promise.all(ended);
  await pause(1);
});

Deno.test("interruptSignal() gives its reason and is followed by a new one", () => {
  const signal = interruptSignal();
  interrupt();
  assert(signal.reason instanceof InterruptedError);
  assertEquals(interruptSignal().aborted, false);
});

Deno.test("pause() ends at once with a signal that is aborted already", async () => {
  const signal = AbortSignal.abort(new Error("too late"));
  await assertRejects(() => pause(60_000, signal), Error, "too late");
});
