import { assert } from "@std/assert";
import type { Output } from "lib/notebook/display.ts";
import { Picture } from "lib/notebook/picture.ts";

/** The drawing of which a picture was made. */
export function drawing(output: Output): string {
  assert(output instanceof Picture);
  return output.svg;
}
