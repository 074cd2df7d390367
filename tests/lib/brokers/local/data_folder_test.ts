import { assertEquals, assertThrows } from "@std/assert";
import { inspectDataFolder } from "lib/brokers/local/data_folder.ts";

const OWNER = { clusterId: "abc", nodeId: "1" };

Deno.test("inspectDataFolder() takes an interrupted format for fresh", () => {
  const folder = folderWith({ "bootstrap.checkpoint": "" });
  assertEquals(inspectDataFolder(folder, OWNER), "fresh");
});

Deno.test("inspectDataFolder() knows its owner", () => {
  const folder = folderWith({
    "meta.properties": "version=1\ncluster.id=abc\nnode.id=1\n",
  });
  assertEquals(inspectDataFolder(folder, OWNER), "formatted");
  assertThrows(
    () => inspectDataFolder(folder, { ...OWNER, nodeId: "2" }),
    Error,
    "belongs to node 1",
  );
  assertThrows(
    () => inspectDataFolder(folder, { ...OWNER, clusterId: "x" }),
    Error,
    "belongs to cluster abc",
  );
});

Deno.test("inspectDataFolder() refuses records without an owner", () => {
  const folder = folderWith({ "orders-0": "" });
  assertThrows(
    () => inspectDataFolder(folder, OWNER),
    Error,
    "half formatted: it holds 'orders-0'",
  );
});

Deno.test("inspectDataFolder() refuses a meta.properties that says nothing", () => {
  const folder = folderWith({ "meta.properties": "" });
  assertThrows(
    () => inspectDataFolder(folder, OWNER),
    Error,
    "belongs to cluster (none)",
  );
});

function folderWith(files: Record<string, string>): string {
  const folder = Deno.makeTempDirSync();
  for (const [name, text] of Object.entries(files)) {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
  }
  return folder;
}
