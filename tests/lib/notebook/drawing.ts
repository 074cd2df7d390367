import type { Output } from "lib/notebook/display.ts";

/** The drawing inside an image's address. */
export function drawing(output: Output): string {
  const [, data = ""] = /src="data:image\/svg\+xml;base64,([^"]+)"/.exec(
    String(output.bundle["text/html"]),
  ) ?? [];
  return new TextDecoder().decode(
    Uint8Array.from(atob(data), (character) => character.charCodeAt(0)),
  );
}
