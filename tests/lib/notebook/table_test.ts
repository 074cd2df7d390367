import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { JUPYTER_DISPLAY } from "lib/notebook/display.ts";
import { table } from "lib/notebook/table.ts";

Deno.test("table() shows null as null, a missing value as nothing, and an empty string as two quotes", () => {
  const text = table([{ key: null, value: "" }, { value: "x" }]).toString();
  assertEquals(
    text,
    [
      "key   value",
      "────  ─────",
      'null  ""',
      "      x",
    ].join("\n"),
  );
});

Deno.test("table() right-aligns numbers and offsets, also beside null, and nothing else", () => {
  const text = table([
    { partition: 10, end: 5n, key: "9" },
    { partition: 2, end: null, key: "10" },
  ]).toString();
  assertEquals(
    text,
    [
      "partition   end  key",
      "─────────  ────  ───",
      "       10     5  9",
      "        2  null  10",
    ].join("\n"),
  );
});

Deno.test("table() writes dates, bytes and objects in one line", () => {
  const text = table([{
    at: new Date(0),
    bytes: new Uint8Array([1]),
    headers: { id: 7n },
  }]).toString();
  assertStringIncludes(text, "1970-01-01T00:00:00.000Z  bytes[01]  { id: 7n }");
});

Deno.test("table() keeps a row in one line whatever its text", () => {
  const text = table([{ value: "a\nb\u001b[31m" }]).toString();
  assertEquals(text.split("\n").length, 3);
  assertStringIncludes(text, '"a\\nb\\u001b[31m"');
});

Deno.test("table() aligns columns behind accents and emoji", () => {
  const lines = table([{ dish: "cafe\u0301", n: 1 }, { dish: "🍕", n: 2 }])
    .toString().split("\n");
  assertEquals(lines.slice(2), ["cafe\u0301  1", "🍕    2"]);
});

Deno.test("table() counts the rows it does not show", () => {
  const rows = Array.from(
    { length: 120 },
    (_, index) => ({ offset: BigInt(index) }),
  );
  const output = table(rows, { maxRows: 100 });
  assertStringIncludes(output.toString(), "… and 20 more rows of 120");
  assertStringIncludes(
    String(output.bundle["text/html"]),
    "… and 20 more rows of 120",
  );
  assertEquals(String(output.bundle["text/html"]).match(/<tr>/g)?.length, 102);
});

Deno.test("table() shows the chosen columns in their order, and a caption", () => {
  const output = table([{ a: 1, b: 2, c: 3 }], {
    columns: ["c", "a"],
    caption: "Two of three",
  });
  assertEquals(output.toString(), "Two of three\nc  a\n─  ─\n3  1");
  assertStringIncludes(
    String(output.bundle["text/html"]),
    "Two of three</caption>",
  );
});

Deno.test("table() says when there are no rows", () => {
  assertEquals(table([]).toString(), "(no rows)");
  assertStringIncludes(
    table([], { columns: ["key"] }).toString(),
    "key\n───\n(no rows)",
  );
});

Deno.test("table() escapes what a record says", () => {
  const html = String(
    table([{ value: "<script>alert(1)</script>" }]).bundle["text/html"],
  );
  assert(!html.includes("<script>"));
});

Deno.test("table() takes rows of an interface, a set or a generator, and is what the kernel displays", () => {
  interface Row {
    partition: number;
  }
  const rows = new Set<Row>([{ partition: 1 }]);
  const output = table(rows);
  assertEquals(
    output[JUPYTER_DISPLAY]()["text/plain"],
    "partition\n─────────\n        1",
  );
});

Deno.test("table() refuses a limit that is no positive integer", () => {
  assertThrows(
    () => table([], { maxRows: 0 }),
    RangeError,
    "current value is 0",
  );
});
