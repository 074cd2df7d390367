import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { refuseOldDeno, TaskError } from "../../tasks/command.ts";
import { configOptions } from "../../tasks/config.ts";
import { PROJECT } from "../../tasks/setup/paths.ts";

Deno.test("commands refuse an unknown option in one sentence, with exit code 2", async () => {
  const config = await configOptions({ quiet: true });
  for (const name of ["lab", "setup", "test"]) {
    const run = (...args: string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", ...config, `tasks/${name}.ts`, ...args],
        cwd: PROJECT,
      }).output();
    const refused = await run("--prot=1");
    assertEquals(refused.code, 2);
    assertEquals(
      new TextDecoder().decode(refused.stderr),
      `Cannot run '${name}' with '--prot=1' as it has no such option: see 'deno task ${name} --help'.\n`,
    );
    const help = await run("--help");
    assertEquals(help.code, 0);
    assertStringIncludes(
      new TextDecoder().decode(help.stdout),
      `deno task ${name}`,
    );
  }
});

Deno.test("refuseOldDeno() says what to do instead", () => {
  for (const version of ["2.9.0", "2.10.1", "3.0.0"]) refuseOldDeno(version);
  for (const version of ["1.46.3", "2.5.6"]) {
    assertThrows(
      () => refuseOldDeno(version),
      TaskError,
      `Cannot run this with Deno ${version} as it needs 2.9 or newer: run 'deno upgrade', or write 'npx -y deno'`,
    );
  }
});
