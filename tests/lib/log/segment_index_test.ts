import { assertRejects, assertThrows } from "@std/assert";
import { CorruptRecordError } from "lib/log/corrupt_record_error.ts";
import {
  readOffsetIndex,
  readTimeIndex,
  segmentBaseOffset,
} from "lib/log/segment_index.ts";

Deno.test("readOffsetIndex() and readTimeIndex() refuse other files", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/00000000000000000000.index`;
  await Deno.writeFile(path, new Uint8Array(9).fill(1));
  await assertRejects(
    () => readOffsetIndex(path),
    CorruptRecordError,
    "expected a .index file of entries of 8 bytes, found 9 bytes",
  );
  await assertRejects(() => readTimeIndex(path), CorruptRecordError);
  await Deno.remove(folder, { recursive: true });
  assertThrows(
    () => segmentBaseOffset("orders-0/leader-epoch-checkpoint"),
    RangeError,
    "must end in 20 digits",
  );
});
