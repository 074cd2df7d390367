import { fetchJars } from "lib/brokers/jars/fetch_jars.ts";
import { moreJars } from "lib/brokers/jars/more_jars.ts";
import { readIfThere, removeIfThere } from "lib/brokers/jars/stamp.ts";
import { isThere } from "lib/brokers/is_there.ts";
import { TaskError } from "../../command.ts";
import { KAFKA_FOLDER, PROJECT, venvProgram } from "../../setup/paths.ts";
import type { Report } from "../../setup/progress.ts";
import { withOlderTools } from "./older_tools.ts";

/** A copy of this project that runs another version of Kafka. */
export interface KafkaProject {
  /** The whole version: `"4.1.2"`. */
  version: string;
  folder: string;
  /** Starts its single broker; disposing of what it returns ends all its brokers. */
  start(): Promise<AsyncDisposable>;
}

/** The newest patch release that is tried first. */
const NEWEST_PATCH = 4;

/**
 * Makes a copy of the project for a version of Kafka, with that version's jars: of "4.1" the newest
 * release whose jars can all be fetched.
 *
 * @param wanted The version, with or without its last number.
 * @param report Told what is fetched.
 * @returns The copy.
 * @throws {TaskError} If no release of that version can be fetched.
 */
export async function prepareKafka(
  wanted: string,
  report: Report,
): Promise<KafkaProject> {
  const all = wanted.split(".").length === 3
    ? [wanted]
    : Array.from({ length: NEWEST_PATCH + 1 }, (_, index) =>
      `${wanted}.${NEWEST_PATCH - index}`);
  // One that is here already is taken without asking for newer ones.
  const versions = [
    ...all.filter((version) => isThere(`${folderOf(version)}/.kafka/jars`)),
    ...all,
  ];
  const reasons: string[] = [];
  for (const version of versions) {
    try {
      await makeCopy(version, report);
      return {
        version,
        folder: folderOf(version),
        start: () => start(version),
      };
    } catch (error) {
      reasons.push(`${version}: ${(error as Error).message}`);
    }
  }
  throw new TaskError(
    `Cannot run Kafka ${wanted} as none of its releases can be fetched. ${
      reasons.at(-1)
    }`,
  );
}

function folderOf(version: string): string {
  return `${KAFKA_FOLDER}/versions/${version}`;
}

async function makeCopy(version: string, report: Report): Promise<void> {
  const folder = folderOf(version);
  const jars = `${folder}/.kafka/jars`;
  if (!isThere(`${folder}/jgo.toml`)) {
    await Deno.mkdir(folder, { recursive: true });
  }
  // The notebooks and lib are those of now, whatever was asked before.
  for (const path of await trackedFiles()) {
    const to = `${folder}/${path}`;
    await Deno.mkdir(to.replace(/[^/]*$/, ""), { recursive: true });
    if (/\.(ts|ipynb)$/.test(path)) {
      const text = Deno.readTextFileSync(`${PROJECT}/${path}`);
      Deno.writeTextFileSync(to, withOlderTools(text, version));
    } else {
      await Deno.copyFile(`${PROJECT}/${path}`, to);
    }
  }
  const current = /apache\/kafka:([\d.]+)/.exec(
    Deno.readTextFileSync(`${PROJECT}/compose.yaml`),
  )![1]!;
  for (const name of ["compose.yaml", "jgo.toml", "jgo.more.toml"]) {
    const text = Deno.readTextFileSync(`${PROJECT}/${name}`);
    Deno.writeTextFileSync(
      `${folder}/${name}`,
      text.replaceAll(
        new RegExp(
          `(apache/kafka|org\\.apache\\.kafka:[\\w.-]+):${current}`,
          "g",
        ),
        `$1:${version}`,
      ),
    );
  }
  if (!isThere(`${folder}/.venv`)) {
    await Deno.symlink(`${PROJECT}/.venv`, `${folder}/.venv`);
  }
  // First what fewer releases have: Connect's and Streams' jars.
  await moreJars((line) => report(`${version}: ${line.trim()}`), {
    composeFile: `${folder}/compose.yaml`,
    jarsFolder: jars,
    pythonFolder: `${PROJECT}/.venv`,
  });
  const stamp = `${folder}/.kafka/jars.done`;
  if (readIfThere(stamp) === version && isThere(jars)) return;
  await removeIfThere(stamp);
  await fetchJars({
    what: `the jars of Kafka ${version} from Maven Central`,
    file: `${folder}/jgo.toml`,
    to: jars,
    repository: `${KAFKA_FOLDER}/m2`,
    jgo: venvProgram("jgo"),
    logFile: `${folder}/.kafka/logs/jars.log`,
    shortLogFile: `.kafka/versions/${version}/.kafka/logs/jars.log`,
    onFile: (count, name) => report(`${version}: ${count} files, ${name}`),
  }, { exitOnSignal: true });
  Deno.writeTextFileSync(stamp, version);
}

async function trackedFiles(): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", {
    args: [
      "ls-files",
      "-z",
      "lib",
      "notebooks",
      "tasks",
      "deno.json",
      "deno.lock",
    ],
    cwd: PROJECT,
  }).output();
  const paths = new TextDecoder().decode(stdout).split("\0").filter(Boolean);
  return paths.filter((path) => isThere(`${PROJECT}/${path}`));
}

async function start(version: string): Promise<AsyncDisposable> {
  const kafka = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "kafka", ...args],
      env: { KAFKA_ENGINE: "local" },
      cwd: folderOf(version),
      stdout: "null",
      stderr: "piped",
    }).output();
    if (success) return;
    throw new TaskError(new TextDecoder().decode(stderr).trim());
  };
  await kafka("reset");
  await kafka("up");
  // A preview before 4.2, and off; where even that is missing, notebooks that need it cannot be asked.
  await kafka("tool", "features", "upgrade", "--feature", "share.version=1")
    .catch(() => {});
  return { [Symbol.asyncDispose]: () => kafka("down") };
}
