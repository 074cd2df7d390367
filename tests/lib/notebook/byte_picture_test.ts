import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { bytePicture } from "lib/notebook/byte_picture.ts";
import { drawing } from "./_drawing.ts";

const fields = [
  { name: "length", length: 4, says: "2 bytes" },
  { name: "value", length: 2, says: "hi & bye" },
  { name: "end", length: 1 },
];
const bytes = Uint8Array.of(0, 0, 0, 2, 0x68, 0x69, 255);

Deno.test("bytePicture() says in text what it draws, field by field", () => {
  const output = bytePicture(bytes, fields, { title: "A value" });
  assertEquals(
    output.toString(),
    [
      "A value",
      "0-3  00 00 00 02  length: 2 bytes",
      "4-5  68 69        value: hi & bye",
      "6    ff           end",
    ].join("\n"),
  );
  assertStringIncludes(String(output.metadata.alt), "A value: 0-3");
});

Deno.test("bytePicture() draws a cell for each byte, in its field's colour", () => {
  const svg = drawing(bytePicture(bytes, fields));
  const fills = [...svg.matchAll(/width="33"[^>]*fill="(#[0-9a-f]{6})"/g)]
    .map(([, fill]) => fill);
  assertEquals(fills.length, 7);
  assertEquals(new Set(fills.slice(0, 4)).size, 1);
  assertEquals(new Set(fills).size, 3);
  assertStringIncludes(svg, "hi &amp; bye");
});

Deno.test("bytePicture() begins a row after 16 bytes and says where it begins", () => {
  const svg = drawing(
    bytePicture(new Uint8Array(17), [{ name: "zeros", length: 17 }]),
  );
  assertStringIncludes(svg, ">16</text>");
});

Deno.test("bytePicture() refuses fields that do not cover the bytes", () => {
  assertThrows(
    () => bytePicture(bytes, fields.slice(1)),
    RangeError,
    "Cannot draw 7 bytes as the lengths of 'fields' must add up to them: current value is 3",
  );
});
