import { assertEquals } from "@std/assert";
import { BatchTries } from "lib/producer/batch_tries.ts";

Deno.test("BatchTries tells of the request of a try, and not of another try's", () => {
  const tries = new BatchTries({
    ...{ topic: "orders", partition: 0, records: [], bytes: 61 },
  });
  const told: string[] = [];
  tries.begin(() => void told.push("first"));
  assertEquals(told, []);
  tries.encoding();
  tries.sent();
  tries.failed({
    error: new Error("NOT_ENOUGH_REPLICAS"),
    maybeWritten: false,
  });
  tries.begin();
  tries.encoding();
  assertEquals(told, ["first"]);
});
