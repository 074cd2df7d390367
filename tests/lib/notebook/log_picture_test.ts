import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type LogMarker, logPicture } from "lib/notebook/log_picture.ts";
import { drawing } from "./_drawing.ts";

const records = [
  { partition: 0, offset: 0n, key: "order-1" },
  { partition: 0, offset: "1", key: "order-4" },
  { partition: 1, offset: 0, key: null },
];

Deno.test("logPicture() says in text what it draws, partition by partition", () => {
  const marker: LogMarker = { partition: 0, offset: 1n, label: "billing" };
  const output = logPicture(records, {
    title: "orders",
    partitions: 3,
    markers: [marker],
  });
  assertEquals(
    output.toString(),
    [
      "orders",
      "partition 0  [0 order-1] [1 order-4]   billing at 1",
      "partition 1  [0 null]",
      "partition 2  (empty)",
    ].join("\n"),
  );
  assertStringIncludes(
    String(output.metadata.alt),
    "The log: orders; partition 0",
  );
});

Deno.test("logPicture() gives equal keys one colour and different keys different ones", () => {
  const svg = drawing(logPicture([
    { partition: 0, offset: 0n, key: "a" },
    { partition: 0, offset: 1n, key: "b" },
    { partition: 1, offset: 0n, key: "a" },
  ]));
  const fills = [...svg.matchAll(/rx="4" fill="(#[0-9a-f]{6})"/g)].map((
    [, fill],
  ) => fill);
  assertEquals(fills.length, 3);
  assertEquals(fills[0], fills[2]);
  assert(fills[0] !== fills[1]);
});

Deno.test("logPicture() is never wider than a laptop shows, and counts the records it leaves out", () => {
  const many = Array.from(
    { length: 500 },
    (_, index) => ({ partition: 0, offset: BigInt(index), key: `k${index}` }),
  );
  const output = logPicture(many, { title: "a".repeat(300) });
  const width = Number(
    /width="(\d+)"/.exec(drawing(output))?.[1],
  );
  assert(width <= 720, String(width));
  const shown = output.toString().match(/\[\d+ k\d+\]/g)?.length ?? 0;
  assertStringIncludes(output.toString(), `… and ${500 - shown} more`);
  assertStringIncludes(drawing(output), `>+${500 - shown}</text>`);
});

Deno.test("logPicture() begins a long log where its records begin, far beyond what a number can hold", () => {
  const far = 2n ** 60n;
  const output = logPicture([{ partition: 0, offset: far, key: "a" }, {
    partition: 0,
    offset: far + 2n,
    key: "b",
  }]);
  assertEquals(output.toString(), `partition 0  [${far} a] [${far + 2n} b]`);
});

Deno.test("logPicture() escapes keys, and draws valid XML", () => {
  const svg = drawing(logPicture([{ partition: 0, offset: 0n, key: `<&>"'` }]));
  assertStringIncludes(svg, "&lt;&amp;&gt;&quot;&#39;</text>");
});

Deno.test("logPicture() draws a topic without a record", () => {
  assertEquals(
    logPicture([], { partitions: 1 }).toString(),
    "partition 0  (empty)",
  );
  assertEquals(logPicture([]).toString(), "");
});

Deno.test("logPicture() keeps a marker's text inside the picture", () => {
  const records = Array.from({ length: 40 }, (_, offset) => ({
    partition: 0,
    offset,
    label: "a long dish",
  }));
  const output = logPicture(records, {
    markers: [{ partition: 0, offset: 40, label: "the kitchen" }],
  });
  const svg = drawing(output);
  const text = svg.match(/<text [^>]*>the kitchen: 40</)![0];
  assert(text.includes('text-anchor="end"'), text);
});

Deno.test("logPicture() draws the last record instead of counting it where there is room", () => {
  // Cells of 92 pixels: six fit.
  const records = (count: number) =>
    Array.from({ length: count }, (_, offset) => ({
      partition: 0,
      offset,
      label: "a rather long name",
    }));
  assert(logPicture(records(6)).toString().includes("[5 "));
  assert(logPicture(records(7)).toString().endsWith("… and 2 more"));
});
