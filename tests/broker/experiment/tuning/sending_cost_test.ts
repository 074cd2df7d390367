import { assertEquals } from "@std/assert";
import { sendingCost } from "lib/experiment/tuning/sending_cost.ts";
import { tuningLab } from "./_tuning_lab.ts";

Deno.test("sendingCost() counts a request for each send, and finds that they cost something", async () => {
  await using lab = tuningLab();
  const { requests, client } = await sendingCost(lab, 10, 2_000);
  assertEquals({ requests, isFree: client === 0 }, {
    ...{ requests: 200, isFree: false },
  });
});
