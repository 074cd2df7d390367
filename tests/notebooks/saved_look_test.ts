import { assertEquals } from "@std/assert";
import { table } from "lib/notebook/table.ts";
import { JUPYTER_DISPLAY } from "lib/notebook/display.ts";
import type { Output } from "../../tasks/notebooks/document.ts";
import { lookDiffers } from "../../tasks/notebooks/saved_look.ts";

/** A cell's outputs that are one table. */
async function outputs(rows: object[]): Promise<Output[]> {
  const data = await table(rows)[JUPYTER_DISPLAY]();
  return [{ output_type: "execute_result", data }];
}

Deno.test("lookDiffers() finds a column that moved to the other side, whatever is in it", async () => {
  const saved = await outputs([{ offset: 12n, key: "a" }]);
  assertEquals(
    lookDiffers(
      saved,
      await outputs([{ offset: 7n, key: "b" }, { offset: 8n }]),
    ),
    undefined,
  );
  assertEquals(
    lookDiffers(saved, await outputs([{ offset: "7", key: "b" }])),
    'its column "offset" is aligned left, and was saved aligned right: save it with deno task notebooks NN --write',
  );
  // Another column, or nothing in it, is no other look.
  assertEquals(lookDiffers(saved, await outputs([{ end: "7" }])), undefined);
  assertEquals(
    lookDiffers(saved, await outputs([{ offset: null }])),
    undefined,
  );
});
