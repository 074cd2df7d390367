import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { picture } from "lib/notebook/picture.ts";

/** Width and height, which a PNG tells in its first chunk. */
function sizeOf(png: Uint8Array): [number, number] {
  const view = new DataView(png.buffer, png.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}

Deno.test("picture() is a PNG of twice its size, with its words for those who do not see it", () => {
  const { bundle, metadata } = picture(`<circle cx="8" cy="8" r="8"/>`, {
    alt: "A dot",
    text: "•",
    width: 15.5,
    height: 16,
  });
  assertEquals(Object.keys(bundle), ["text/plain", "image/png"]);
  assertEquals(bundle["text/plain"], "•");
  assertEquals(metadata, {
    "image/png": { width: 16, height: 16, alt: "A dot" },
    alt: "A dot",
  });
  const png = Buffer.from(String(bundle["image/png"]), "base64");
  assertEquals(sizeOf(png), [32, 32]);
});

Deno.test("picture() draws text, with a font of its own", () => {
  const options = { alt: "", text: "", width: 80, height: 20 };
  const drawn = (text: string) =>
    String(
      picture(`<text x="4" y="14">${text}</text>`, options).bundle["image/png"],
    ).length;
  const empty = drawn("");
  for (const text of ["kafka-1", "✕ ▲ → …"]) {
    assert(drawn(text) > empty + 100, text);
  }
});
