import { configOptions } from "../config.ts";
import { descendants, listProcesses, signal } from "../process_list.ts";
import { PROJECT } from "../setup/paths.ts";
import { readIfThere, removeIfThere } from "lib/brokers/jars/stamp.ts";
import { agreeing, countsOfJunit, countsOfLastLine } from "./counts.ts";
import { coverageOfRooms, percentage } from "./coverage.ts";
import {
  type Part,
  type PartResult,
  runDeno,
  type RunningPart,
  wholePart,
} from "./part.ts";

/** What the tests must cover of lib's lines, in percent. */
const LEAST_COVERAGE = 80;

const COVERAGE = ".check/coverage";

/** The tests of what measures: they come when all else has ended, and want all cores. */
const MEASURING = "tests/broker/tasks/maintainers/bench";

/** The parts of `deno task test`, in the order in which they start: the two long ones first, beside which the short ones fit. */
export async function partsOfTheTest(
  { coverage }: { coverage: boolean },
): Promise<Part[]> {
  const config = await configOptions({ quiet: true });
  return [
    {
      name: "tests",
      async run(running) {
        await removeIfThere(`${PROJECT}/${COVERAGE}`);
        return await runTests([
          ...["--doc", `--ignore=${MEASURING}`, ...config],
          ...(coverage
            ? [`--coverage=${COVERAGE}`, "--coverage-raw-data-only"]
            : []),
          // And the examples in lib's documentation.
          ...["tests/", "lib/"],
        ], running);
      },
    },
    // Beside three tests at a time: more would make two cores late for what a cluster waits for.
    notebooksPart("notebooks run", config, ["--jobs", "2"]),
    // deno fmt --check refuses every notebook as Jupyter saves it, without a line break at a
    // cell's end; "notebooks read" compares their cells with what deno fmt makes of them.
    wholePart("format", ["fmt", "--check", "--ignore=notebooks"]),
    wholePart("lint", ["lint"]),
    wholePart("types", [
      "check",
      "--quiet",
      ...config,
      "lib",
      "tasks",
      "tests",
    ]),
    notebooksPart("notebooks read", config, ["--check"]),
    ...(coverage
      ? [{ name: "coverage of lib", after: ["tests"], run: checkCoverage }]
      : []),
    {
      name: "measurements",
      after: ["tests", "notebooks run"],
      run: (running) => runTests([...config, MEASURING], running),
    },
  ];
}

function notebooksPart(name: string, config: string[], args: string[]): Part {
  return {
    name,
    async run(running) {
      const { code, output } = await runDeno({
        ...running,
        args: ["run", "-A", ...config, "tasks/notebooks.ts", ...args],
        onLine: (line) => running.report(line.trim()),
      });
      return { ...agreeing(countsOfLastLine(output), code), output };
    },
  };
}

async function runTests(
  args: string[],
  running: RunningPart,
): Promise<PartResult> {
  // All that tests make is below this folder, so that what they leave can be found.
  const folder = await Deno.makeTempDir({ prefix: "kafka-notebooks-test-" });
  const junit = `${folder}/junit.xml`;
  let finished = 0;
  try {
    const { code, output } = await runDeno({
      ...running,
      args: ["test", "-A", "--parallel", `--junit-path=${junit}`, ...args],
      // Most tests wait for a broker or a kernel: three at a time keep two cores busy.
      env: { DENO_JOBS: "3", TMPDIR: folder },
      onLine(line) {
        if (/^[^ ].* \.\.\. (ok|FAILED)/.test(line)) finished++;
        running.report(`${finished} finished`);
      },
    });
    const report = readIfThere(junit) ?? "";
    const { passed, failed } = agreeing(countsOfJunit(report), code);
    const left = await killWhatIsLeft(folder);
    return left.length === 0 ? { passed: passed + 1, failed, output } : {
      passed,
      failed: failed + 1,
      output: `${output}\n\nLeft running by the tests:\n${left.join("\n")}`,
    };
  } finally {
    await removeIfThere(folder);
  }
}

/** Ends the processes whose command names a folder, brokers and kernels of tests that were cut short. */
async function killWhatIsLeft(folder: string): Promise<string[]> {
  const left = (await listProcesses())
    .filter(({ command }) => command.includes(folder));
  for (const { pid } of left) {
    for (const each of [pid, ...await descendants(pid)]) {
      signal(each, "SIGKILL");
    }
  }
  return left.map(({ command }) => command.slice(0, 300));
}

/** Removes what processes had not written to its end when they were killed: deno coverage reads all or nothing. */
function removeCutShort(folder: string): void {
  for (const { name } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (name.endsWith(".json") && !Deno.readTextFileSync(path).endsWith("}")) {
      Deno.removeSync(path);
    }
  }
}

async function checkCoverage(
  running: RunningPart,
): Promise<PartResult> {
  removeCutShort(`${PROJECT}/${COVERAGE}`);
  const { code, output } = await runDeno({
    ...running,
    args: ["coverage", "--lcov", COVERAGE],
  });
  if (code !== 0) return { passed: 0, failed: 1, output };
  const rows = coverageOfRooms(output);
  const whole = percentage(rows.at(-1)!);
  const note = rows.map((row) => `${row.name} ${percentage(row).toFixed(0)} %`)
    .join(", ");
  return whole >= LEAST_COVERAGE ? { passed: 1, failed: 0, note, output } : {
    passed: 0,
    failed: 1,
    note,
    output: `The tests run ${
      whole.toFixed(1)
    } % of lib's lines; at least ${LEAST_COVERAGE} % are wanted.`,
  };
}
