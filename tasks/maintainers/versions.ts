// deno task versions: see HELP.
import { parseArgs } from "@std/cli/parse-args";
import {
  refuseUnknown,
  runCommand,
  TaskError,
  UsageError,
} from "../command.ts";
import { chooseNotebooks, notebookName } from "../notebooks/document.ts";
import { PROJECT } from "../setup/paths.ts";
import { showStep } from "../setup/progress.ts";
import { setUp } from "../setup/set_up.ts";
import { type Answer, askClaims } from "./versions/ask_claims.ts";
import { type KafkaProject, prepareKafka } from "./versions/kafka_project.ts";
import {
  readAnswers,
  saveAnswers,
  writeVersions,
} from "./versions/versions_file.ts";

const HELP =
  `Runs the notebooks on other versions of Kafka, and keeps for each claim whether
it holds there.

  deno task versions [VERSION …] [--only NN,NN] [--again]

  VERSION       such as 4.1, whose newest release that can be fetched is taken
                (3.9 4.0 4.1 4.2, and the version of compose.yaml)
  --only NN,NN  these notebooks alone
  --again       ask notebooks again that were asked before

Each version has a copy of this project in .kafka/versions, with that version's
jars and brokers on the usual ports: stop yours first. What was asked is kept
there, so that a run that was cut short goes on where it was. The outcome is
written to notebooks/versions.json and notebooks/versions.md. The last line counts
the claims that were asked now: N passed, N failed.`;

const DEFAULT = ["3.9", "4.0", "4.1", "4.2", "4.3"];

async function main(args: string[]): Promise<number> {
  const options = parseArgs(args, {
    boolean: ["help", "again"],
    string: ["_", "only"],
    alias: { h: "help" },
    unknown: refuseUnknown("versions", { takesArguments: true }),
  });
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const wanted = options._.length > 0 ? options._.map(String) : DEFAULT;
  for (const version of wanted) {
    if (/^\d+\.\d+(\.\d+)?$/.test(version)) continue;
    throw new UsageError(
      `Cannot run notebooks on Kafka '${version}' as a version is two or three numbers, such as 4.1.`,
    );
  }
  const only = options.only?.split(",") ?? [];
  const names = (await chooseNotebooks(only)).map(notebookName);
  await setUp();
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(
      name,
      () => stop.abort(new TaskError("Stopped: what was asked is kept.")),
    );
  }
  const asked: Answer[] = [];
  for (const version of wanted) {
    const kafka = await showStep(
      `Kafka ${version}`,
      (report) => prepareKafka(version, report),
    );
    const todo = options.again
      ? names
      : names.filter((name) => !(name in readAnswers(kafka.folder)));
    if (todo.length > 0) {
      asked.push(...await askNotebooks(kafka, todo, stop.signal));
    }
    await writeVersions(`${PROJECT}/notebooks`);
  }
  const count = (outcome: Answer["outcome"]) =>
    asked.filter((answer) => answer.outcome === outcome).length;
  console.log(`${count("cannot be asked")} could not be asked`);
  console.log(`${count("holds")} passed, ${count("does not hold")} failed`);
  return count("does not hold") === 0 ? 0 : 1;
}

async function askNotebooks(
  kafka: KafkaProject,
  names: string[],
  signal: AbortSignal,
): Promise<Answer[]> {
  await using _broker = await kafka.start();
  const all: Answer[] = [];
  for (const name of names) {
    const path = `${kafka.folder}/notebooks/${name}.ipynb`;
    const answers = await showStep(
      `Kafka ${kafka.version}: ${name}`,
      (report) => askClaims(path, report, signal),
    );
    saveAnswers(kafka.folder, name, answers);
    const held = answers.filter(({ outcome }) => outcome === "holds").length;
    console.log(`  ${held} of ${answers.length} claims hold`);
    all.push(...answers);
  }
  return all;
}

if (import.meta.main) await runCommand(main);
