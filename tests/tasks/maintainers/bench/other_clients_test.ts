import { assertEquals, assertMatch } from "@std/assert";
import { freePorts } from "lib/brokers/ports.ts";
import { otherClientSpeeds } from "../../../../tasks/maintainers/bench/other_clients.ts";

Deno.test("a client whose process fails is left out of the benchmark, with the reason", async () => {
  const notes: string[] = [];
  const speeds = await otherClientSpeeds({
    ...{ client: "@platformatic/kafka", what: "produce", topic: "orders" },
    ...{ address: `127.0.0.1:${freePorts(1)[0]}`, records: 1, recordSize: 100 },
  }, {
    note: (sentence) => void notes.push(sentence),
    signal: new AbortController().signal,
  });
  assertEquals([speeds, notes.length], [undefined, 1]);
  assertMatch(
    notes[0]!,
    /^@platformatic\/kafka is left out\. Cannot measure '@platformatic\/kafka': its process ended with code 1 and said '.+'\.$/,
  );
});
