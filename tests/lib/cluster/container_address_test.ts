import { assertEquals } from "@std/assert";
import { readComposeFile } from "lib/cluster/compose_file.ts";
import { withInsideAddresses } from "lib/cluster/inside_address.ts";

const file = readComposeFile();

Deno.test("withInsideAddresses() replaces every address in a list", () => {
  assertEquals(
    withInsideAddresses(
      file,
      "--bootstrap-server=localhost:19092,localhost:19192,localhost:19292",
    ),
    "--bootstrap-server=kafka-1:19094,kafka-2:19194,kafka-3:19294",
  );
});

Deno.test("withInsideAddresses() leaves alone what only looks like an address of the file", () => {
  const others =
    "localhost:90921 notlocalhost:9092 x.localhost:9092 kafka:9093";
  assertEquals(withInsideAddresses(file, others), others);
});
