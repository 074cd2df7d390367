import { assert, assertEquals } from "@std/assert";
import { reportOf } from "./_own_bench.ts";

Deno.test("deno task bench codecs measures a codec's ratio and speed, and compares its size with Java's", async () => {
  const { results } = await reportOf("codecs", "--only", "snappy,zstd");
  assertEquals(results.map(({ unit }) => unit).slice(0, 5), [
    "×",
    "MB/s",
    "MB/s",
    "B",
    "B",
  ]);
  const median = (what: string) =>
    results.find((result) => result.what === what)!.median;
  for (const codec of ["snappy", "zstd"]) {
    const ratio = median(`${codec}: 64 KiB of JSON to its compressed size`);
    assert(ratio > 2 && ratio < 10, `${ratio}`);
    // The header, and each record's own, are more than the text alone: the slower the machine, the
    // more their times differ.
    const stored = median(`${codec}: what Java's producer stored`);
    assert(stored > 65_536 / ratio && stored < 90_000 / ratio, `${stored}`);
  }
  const judged = results.filter(({ reached }) => reached !== undefined);
  assertEquals(judged.map(({ reached }) => reached), [true, true]);
});
