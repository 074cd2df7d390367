import { assertEquals, assertThrows } from "@std/assert";
import {
  type AccumulatorOptions,
  withDefaults,
} from "lib/producer/accumulator_options.ts";
import type { Partitioner } from "lib/producer/partitioner.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import { HeldSender } from "./_held_sender.ts";

const NAMES: (keyof AccumulatorOptions)[] = [
  "lingerMs",
  "batchSize",
  "maxRequestSize",
  "maxBatchRecords",
  "bufferMemory",
  "maxPendingRecords",
  "whenFull",
  "maxInFlightRequests",
  "deliveryTimeoutMs",
  "partitioner",
];

Deno.test("withDefaults() takes undefined for the default, whatever the option", async () => {
  const { partitioner: _, ...defaults } = withDefaults({});
  for (const name of NAMES) {
    const { partitioner, ...all } = withDefaults({ [name]: undefined });
    assertEquals(all, defaults, name);
    assertEquals(typeof partitioner.choose, "function");
  }
  const sender = new HeldSender();
  sender.holds = false;
  const nothing = Object.fromEntries(NAMES.map((name) => [name, undefined]));
  const accumulator = new RecordAccumulator(sender, nothing);
  await accumulator.add({ topic: "orders", value: "placed" });
  await accumulator.close({ timeoutMs: undefined });
});

Deno.test("withDefaults() refuses what cannot be meant, with the rule and the value", () => {
  const table: [object, string][] = [
    ...[
      "lingerMs",
      "batchSize",
      "maxRequestSize",
      "maxBatchRecords",
      "bufferMemory",
    ]
      .map((name): [object, string] => [
        { [name]: -1 },
        `Cannot send records as '${name}' must be a whole number from`,
      ]),
    [
      { maxPendingRecords: 0 },
      "'maxPendingRecords' must be a whole number from 1",
    ],
    [
      { maxInFlightRequests: 0.5 },
      "'maxInFlightRequests' must be a whole number",
    ],
    [{ deliveryTimeoutMs: Infinity }, "current value is Infinity"],
    [{ lingerMs: NaN }, "current value is NaN"],
    [{ lingerMs: null }, "current value is null"],
    [{ batchSize: "16384" }, "'batchSize' must be a whole number"],
    [
      { whenFull: "block" },
      `'whenFull' must be "wait" or "refuse": current value is block`,
    ],
    [{ partitioner: {} }, "'partitioner' must have a method 'choose'"],
    [{ batchSize: 2_000_000 }, "'batchSize' must not exceed 'maxRequestSize'"],
    [
      { deliveryTimeoutMs: 5 },
      "'deliveryTimeoutMs' must be longer than 'lingerMs' (5)",
    ],
  ];
  for (const [options, why] of table) {
    assertThrows(() => withDefaults(options), RangeError, why);
  }
});

Deno.test("withDefaults() keeps a partitioner of one's own", () => {
  const partitioner: Partitioner = { choose: () => 0 };
  assertEquals(withDefaults({ partitioner }).partitioner, partitioner);
});
