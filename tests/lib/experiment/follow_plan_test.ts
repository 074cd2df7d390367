import { assertEquals, assertRejects } from "@std/assert";
import { pause } from "lib/client/interrupt.ts";
import type { Step } from "lib/experiment/fault_plan.ts";
import { followPlan } from "lib/experiment/follow_plan.ts";

const crash = (atMs: number): Step => ({
  ...{ series: "crashes", group: "by batch", killAt: "now", atMs },
});
const wire = (atMs: number): Step => ({
  ...{ series: "wires", kind: "lose the request", wire: "producer", atMs },
  ...{ apiKey: "Produce", times: 1, delayMs: 0 },
});

Deno.test("followPlan() follows its series side by side, and the steps of each one after another", async () => {
  const done: string[] = [];
  await followPlan([crash(0), wire(20), crash(30)], async (step) => {
    done.push(`${step.series} begins`);
    if (step.series === "crashes") await pause(100);
    done.push(`${step.series} ends`);
  });
  assertEquals(done, [
    ...["crashes begins", "wires begins", "wires ends"],
    ...["crashes ends", "crashes begins", "crashes ends"],
  ]);
});

Deno.test("followPlan() ends with the error of a step, once the other series are over", async () => {
  const done: string[] = [];
  await assertRejects(
    () =>
      followPlan([crash(0), wire(20), crash(30)], (step) => {
        done.push(step.series);
        if (step.series === "crashes") throw new Error("no such consumer");
      }),
    Error,
    "no such consumer",
  );
  assertEquals(done, ["crashes", "wires"]);
});

Deno.test("followPlan() begins no further step when its signal is aborted", async () => {
  const stop = new AbortController();
  await assertRejects(
    () =>
      followPlan([crash(0), crash(10_000)], () => {
        stop.abort(new Error("enough"));
      }, { signal: stop.signal }),
    Error,
    "enough",
  );
});
