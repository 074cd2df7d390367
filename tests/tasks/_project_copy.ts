// A copy of the project in which set-up may fail.
import { configOptions } from "../../tasks/config.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const COPIED = [
  "compose.yaml",
  "deno.json",
  "deno.lock",
  "jgo.toml",
  "pyproject.toml",
];

/** A copy of what set-up reads, in a folder of its own. */
export class ProjectCopy implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "set-up-" });

  static async make(): Promise<ProjectCopy> {
    const copy = new ProjectCopy();
    for (const name of COPIED) {
      await Deno.copyFile(ROOT + name, `${copy.folder}/${name}`);
    }
    await Deno.mkdir(`${copy.folder}/notebooks`);
    for (const name of ["lib", "tasks"]) await copy.#copyFolder(name);
    return copy;
  }

  async #copyFolder(name: string): Promise<void> {
    await Deno.mkdir(`${this.folder}/${name}`);
    for await (const entry of Deno.readDir(ROOT + name)) {
      const path = `${name}/${entry.name}`;
      if (entry.isDirectory) await this.#copyFolder(path);
      else await Deno.copyFile(ROOT + path, `${this.folder}/${path}`);
    }
  }

  /** A folder of programs that are all there is to find. */
  programs(scripts: Record<string, string>): string {
    const folder = Deno.makeTempDirSync({ dir: this.folder, prefix: "bin-" });
    for (const [name, script] of Object.entries(scripts)) {
      Deno.writeTextFileSync(`${folder}/${name}`, `#!/bin/sh\n${script}\n`, {
        mode: 0o755,
      });
    }
    return folder;
  }

  /** Runs a task to its end. */
  async setUp(
    env: Record<string, string>,
    task = "setup",
  ): Promise<{ code: number; said: string }> {
    const child = await this.start(env, task);
    const { code, stdout, stderr } = await child.output();
    const text = new TextDecoder();
    return { code, said: text.decode(stdout) + text.decode(stderr) };
  }

  async start(
    env: Record<string, string>,
    task = "setup",
  ): Promise<Deno.ChildProcess> {
    const config = await configOptions({ quiet: true });
    if (config.length > 0) {
      // Makes the second config file in the copy, too.
      await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-lock", "tasks/config.ts"],
        cwd: this.folder,
        env: { KAFKA_NOTEBOOKS_JSR: "no" },
      }).output();
    }
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...config, `tasks/${task}.ts`],
      cwd: this.folder,
      env: {
        DENO_DIR: denoFolder(),
        HOME: `${this.folder}/home`,
        NO_COLOR: "1",
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The npm packages that are fetched already, whatever the home. */
function denoFolder(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
    cwd: ROOT,
  }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
