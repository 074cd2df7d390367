import { assert, assertEquals } from "@std/assert";
import { configOptions } from "../../../tasks/config.ts";
import { readNotebook, textOf } from "../../../tasks/notebooks/document.ts";
import { LOADED_AT_START } from "../../../tasks/setup/packages.ts";

const config = await configOptions({ quiet: true });

/** The npm packages that a module and what it imports load. */
async function packagesOf(module: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...config, module],
    stderr: "inherit",
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  return modules.flatMap(({ specifier }: { specifier: string }) =>
    /^npm:\/?((?:@[^/]+\/)?[^@/]+)/.exec(specifier)?.[1] ?? []
  );
}

Deno.test("fetchStartPackages() fetches what lab and notebook 00 load, and leaves the large packages for later", async () => {
  const [name] = [...Deno.readDirSync("notebooks")].map(({ name }) => name)
    .filter((name) => name.startsWith("00_"));
  const cells = (await readNotebook(`notebooks/${name}`)).cells;
  const imported = cells.flatMap(({ source }) =>
    [...textOf(source).matchAll(/from "(lib\/[^"]+)"/g)]
      .map(([, module]) => module!)
  );
  const loaded = await Promise.all(
    [...new Set([...imported, "tasks/lab.ts"])].map(packagesOf),
  );
  const fetched = await Promise.all(LOADED_AT_START.map(packagesOf));
  const names = (lists: string[][]) => [...new Set(lists.flat())].sort();
  assertEquals(names(loaded), names(fetched));
  assertEquals(names(fetched), ["@platformatic/wasm-utils", "kafkajs", "yaml"]);
});

Deno.test("fetchPackages() has the native parts of packages for each platform, by deno.lock", () => {
  const names = Object.keys(
    JSON.parse(Deno.readTextFileSync("deno.lock")).npm,
  );
  const has = (name: string) =>
    assert(names.some((each) => each.startsWith(`${name}@`)), name);
  const unix = [
    "linux-x64-gnu",
    "linux-arm64-gnu",
    "darwin-x64",
    "darwin-arm64",
  ];
  for (const platform of unix) {
    has(`@resvg/resvg-js-${platform}`);
    has(`kafka-crab-js-${platform}`);
  }
  // kafka-crab-js has none for Windows, and is left out there with a sentence.
  has("@resvg/resvg-js-win32-x64-msvc");
});
