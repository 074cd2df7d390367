// lib as other people's projects take it: the programs of lib/README.md, in projects of their own.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createTopic, deleteTopic, freshName } from "lib/admin/topic.ts";
import { withAdmin } from "lib/admin/with_admin.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { until } from "../_patience.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { ROOMS_OF_A_SERVICE } from "../house/_arrows.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;
const LIB = `${PROJECT}lib`;
/** The rooms of a service that there are. */
const ROOMS = ROOMS_OF_A_SERVICE.filter((room) =>
  [...Deno.readDirSync(LIB)].some(({ name }) => name === room)
);
const README = Deno.readTextFileSync(`${LIB}/README.md`);

/** Joining a group takes seconds on a busy machine. */
const DEADLINE_MS = 60_000;

const hasNpm = await run(".", ["npm", "--version"])
  .then(({ success }) => success, () => false);

Deno.test("lib can be published: its public types are explicit, and it holds a service's rooms alone", async () => {
  const { success, output } = await run(LIB, [
    ...[Deno.execPath(), "publish", "--dry-run", "--allow-dirty"],
  ]);
  assert(success, output);
  const published = [...output.matchAll(/file:\S*\/lib\/(\w+)\//g)]
    .map(([, room]) => room!);
  assertEquals([...new Set(published)].sort(), ROOMS.toSorted());
});

Deno.test("lib's README names each room of a service, in their order", () => {
  assertMatch(README, new RegExp(`\\(\`${ROOMS.join(" ")}\`\\)`));
  assertMatch(README, new RegExp(`/lib/\\{${ROOMS.join(",")},`));
});

Deno.test("lib's README names the versions of packages that the project itself uses", () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(`${PROJECT}deno.json`));
  const { "kafka-lab/": _, ...named } = JSON.parse(blocks("json")[0]!).imports;
  for (const [name, version] of Object.entries(named)) {
    assertEquals(version, imports[name], name);
  }
});

Deno.test("lib works in a Deno project that takes it by path", async () => {
  await withFolder(async (folder) => {
    const config = JSON.parse(blocks("json")[0]!);
    config.imports["kafka-lab/"] = `${LIB}/`;
    await playStory(denoProject(folder, config));
  });
});

Deno.test("lib works in a Deno project that links to it as a package", async () => {
  await withFolder(async (folder) => {
    const config = JSON.parse(blocks("json")[1]!);
    await playStory(denoProject(folder, { ...config, links: [LIB] }));
  });
});

Deno.test({
  name:
    "lib works in a Node 22 project, by tsx and as the JavaScript that tsc --strict makes of it",
  ignore: !hasNpm || Deno.build.os === "windows",
  async fn() {
    await withFolder(async (folder) => {
      await install(folder);
      await playStory(tsxProject(folder));
      await takesSignalWhileBusy(tsxProject(folder));
      await playStory(tscProject(folder));
      await importAll(folder);
    });
  },
});

/** The README's blocks of code in a language. */
function blocks(language: string): string[] {
  const all = README.matchAll(/^```(\w+).*\n([^]*?)^```$/gm);
  return [...all].filter((block) => block[1] === language)
    .map((block) => block[2]!);
}

/** A folder in which programs can be put and run. */
interface ForeignProject {
  folder: string;
  put: (programs: Record<string, string>) => Promise<void>;
  command: (program: string) => string[];
}

function denoProject(folder: string, config: object): ForeignProject {
  return {
    folder,
    async put(programs) {
      await write(folder, {
        ...programs,
        "deno.json": JSON.stringify(config),
      });
      await succeed(folder, [Deno.execPath(), "check", ...PROGRAMS]);
    },
    command: (program) => [Deno.execPath(), "run", "-A", program],
  };
}

/** Does what the README says, and fetches the oldest Node that it names. */
async function install(folder: string): Promise<void> {
  await write(folder, {
    "package.json": JSON.stringify({ private: true, type: "module" }),
  });
  const commands = blocks("sh")[0]!.replaceAll("../kafka-lab/", PROJECT)
    .split("\n").filter((line) => line && !line.startsWith("node"));
  const script = [...commands, "npm install node@22"].join(" &&\n");
  await succeed(folder, ["bash", "-c", script], {
    npm_config_cache: `${folder}/npm-cache`,
    npm_config_audit: "false",
  });
  const version = await succeed(folder, [nodeIn(folder), "--version"]);
  assertMatch(version, /^v22\./);
}

const nodeIn = (folder: string) => `${folder}/node_modules/.bin/node`;

function tsxProject(folder: string): ForeignProject {
  return {
    folder,
    put: (programs) => write(`${folder}/src`, withRelativePaths(programs)),
    command: (program) => [
      ...[nodeIn(folder), "--import", "tsx"],
      `src/${program}`,
    ],
  };
}

function tscProject(folder: string): ForeignProject {
  const tsc = `${folder}/node_modules/typescript/bin/tsc`;
  return {
    folder,
    async put(programs) {
      await write(`${folder}/src`, withRelativePaths(programs));
      await write(folder, {
        "tsconfig.json": JSON.stringify({
          compilerOptions: {
            strict: true,
            noUncheckedIndexedAccess: true,
            target: "es2024",
            types: ["node"],
            module: "nodenext",
            rewriteRelativeImportExtensions: true,
            rootDir: "src",
            outDir: "dist",
          },
          include: ["src"],
        }),
      });
      await succeed(folder, [nodeIn(folder), tsc]);
    },
    command: (
      program,
    ) => [nodeIn(folder), `dist/${program.replace(/ts$/, "js")}`],
  };
}

/** The programs need a part of lib: the rest must load on Node, too. */
async function importAll(folder: string): Promise<void> {
  const { exports } = JSON.parse(Deno.readTextFileSync(`${LIB}/deno.json`));
  const files = Object.keys(exports)
    .map((name) => `./dist/kafka-lab/${name.replace(/ts$/, "js")}`);
  await write(folder, {
    "all.js": files.map((file) => `import "${file}";\n`).join(""),
  });
  await succeed(folder, [nodeIn(folder), "all.js"]);
}

function withRelativePaths(programs: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(programs).map(([name, text]) => [
      name,
      text.replaceAll(`"kafka-lab/`, `"./kafka-lab/`),
    ]),
  );
}

/** The README's programs, in its order. */
const PROGRAMS = ["produce.ts", "consume.ts", "bill.ts"];
const NAMES = ["orders", "bills", "shipping", "billing"] as const;

/**
 * Runs the programs as a service does: one sends orders, one reads them in
 * batches, one makes bills of them. The last two run until they are told to end.
 */
async function playStory(project: ForeignProject): Promise<void> {
  const kafka = kafkaClient();
  const fresh = NAMES.map((name) => [name, freshName(name)] as const);
  const { orders, bills, shipping, billing } = Object.fromEntries(
    fresh,
  ) as Record<typeof NAMES[number], string>;
  const code = blocks("ts").map((block) =>
    fresh.reduce(
      (text, [name, own]) => text.replaceAll(`"${name}"`, `"${own}"`),
      block,
    )
  );
  await project.put(
    Object.fromEntries(PROGRAMS.map((name, i) => [name, code[i]!])),
  );
  for (const topic of [orders, bills]) {
    await createTopic(kafka, topic, { partitions: 1 });
  }
  try {
    assertEquals(
      await succeed(project.folder, project.command("produce.ts")),
      [0, 1, 2].map((at) => `acknowledged at offset ${at}\n`).join(""),
    );
    await whileItRuns(project, "consume.ts", async (output) => {
      const line = "a batch of 3: placed, paid, shipped";
      await until(() => output().includes(line), { deadlineMs: DEADLINE_MS });
    });
    await whileItRuns(project, "bill.ts", async () => {
      const values = await until(async () => {
        const records = await readTopic(kafka, bills);
        return records.length >= 3 && records.map(({ value }) => `${value}`);
      }, { deadlineMs: DEADLINE_MS });
      assertEquals(
        values,
        ["placed", "paid", "shipped"].map((value) => `bill for ${value}`),
      );
    });
    await withAdmin(kafka, async (admin) => {
      for (const groupId of [shipping, billing]) {
        const [ofOrders] = await admin.fetchOffsets({
          groupId,
          topics: [orders],
        });
        assertEquals(ofOrders?.partitions[0]?.offset, "3", groupId);
      }
      await admin.deleteGroups([shipping, billing]);
    });
  } finally {
    for (const topic of [orders, bills]) await deleteTopic(kafka, topic);
  }
}

/** A program that is busy when it is told to end, as on a busy machine, ends in order a moment later. */
async function takesSignalWhileBusy(project: ForeignProject): Promise<void> {
  await project.put({
    "busy.ts": `process.on("SIGTERM", () => process.exit(0));
setInterval(() => {}, 1_000);
console.log("busy");
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);`,
  });
  await whileItRuns(project, "busy.ts", async (output) => {
    await until(() => output().includes("busy"), { deadlineMs: DEADLINE_MS });
  });
}

/** Does some work while a program runs, then tells it to end, which it must do in order. */
async function whileItRuns(
  { folder, command }: ForeignProject,
  program: string,
  work: (output: () => string) => Promise<void>,
): Promise<void> {
  const [path, ...args] = command(program);
  await using child = new Deno.Command(path!, {
    args,
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
    }
  };
  const all = Promise.all([read(child.stdout), read(child.stderr)]);
  const ended = child.status.then(() => {
    throw new Error(`${program} ended by itself:\n${output}`);
  });
  ended.catch(() => {});
  await Promise.race([ended, work(() => output)]);
  child.kill("SIGTERM");
  const { code, signal } = await child.status;
  await all;
  assertEquals({ code, signal }, { code: 0, signal: null }, output);
}

async function write(
  folder: string,
  files: Record<string, string>,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
}

async function withFolder(
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "kafka-lab-project-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a command that must succeed, and returns what it printed on stdout. */
async function succeed(
  folder: string,
  command: string[],
  env?: Record<string, string>,
): Promise<string> {
  const { success, output, stdout } = await run(folder, command, env);
  assert(success, `${command.join(" ")}\n${output}`);
  return stdout;
}

async function run(
  cwd: string,
  [path, ...args]: string[],
  env: Record<string, string> = {},
) {
  const { success, stdout, stderr } = await new Deno.Command(path!, {
    args,
    cwd,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [printed, said] = [stdout, stderr]
    .map((bytes) => new TextDecoder().decode(bytes));
  return { success, stdout: printed!, output: `${printed}${said}` };
}
