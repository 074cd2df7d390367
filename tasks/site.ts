// deno task site: see HELP.
import { parseArgs } from "@std/cli/parse-args";
import { runProgram } from "lib/brokers/jars/run_program.ts";
import { removeIfThere } from "lib/brokers/jars/stamp.ts";
import { refuseUnknown, runCommand, TaskError } from "./command.ts";
import { KAFKA_FOLDER, PROJECT, shortPath } from "./setup/paths.ts";
import { showStep } from "./setup/progress.ts";
import { setUp } from "./setup/set_up.ts";
import { checkSite } from "./site/check_site.ts";
import {
  environmentIsThere,
  installEnvironment,
  SPHINX,
} from "./site/environment.ts";
import { writeSource } from "./site/source.ts";

const HELP = `Builds the site for reading, from the notebooks as they are saved.

  deno task site

The site is in the folder site: open site/index.html. Nothing of it needs a
server or a network. Links that lead nowhere, pages that fetch something from
elsewhere or have over 1.5 MB, and warnings of Sphinx fail the command.`;

const SOURCE = `${KAFKA_FOLDER}/site_source`;
const SITE = `${PROJECT}/site`;
/** Beside the site that it builds, myst-nb leaves a folder of its own. */
const BUILD = `${KAFKA_FOLDER}/site_build`;
const LOG_FILE = `${KAFKA_FOLDER}/logs/site.log`;

async function main(args: string[]): Promise<number> {
  const options = parseArgs(args, {
    boolean: ["help"],
    alias: { h: "help" },
    unknown: refuseUnknown("site"),
  });
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  await setUp({ rest: false });
  if (!environmentIsThere()) {
    await showStep("Sphinx and its theme, in .kafka", installEnvironment);
  }
  await showStep("Pages", async () => {
    await removeIfThere(SOURCE);
    await removeIfThere(BUILD);
    await writeSource(SOURCE);
  });
  await showStep("Site", build);
  const problems = await checkSite(SITE);
  for (const problem of problems) console.log(`failed  ${problem}`);
  const pages = [...Deno.readDirSync(SITE)]
    .filter(({ name }) => name.endsWith(".html")).length;
  console.log(`${pages} pages, ${problems.length} problems: site/index.html`);
  return problems.length === 0 ? 0 : 1;
}

async function build(report: (detail: string) => void): Promise<void> {
  const { code, lastLines } = await runProgram(
    SPHINX,
    [
      "-b",
      "html",
      "-j",
      "2",
      "--fail-on-warning",
      "--keep-going",
      SOURCE,
      `${BUILD}/html`,
    ],
    {
      logFile: LOG_FILE,
      exitOnSignal: true,
      onLine: (line) => report(line.trim().slice(0, 60)),
    },
  );
  if (code === 0) {
    await removeIfThere(SITE);
    await Deno.rename(`${BUILD}/html`, SITE);
    return;
  }
  const reasons = lastLines.filter((line) => /warning|error/i.test(line));
  throw new TaskError(
    `Cannot build the site: ${
      (reasons.length > 0 ? reasons : lastLines).slice(-5).join("; ")
    } (the log: ${shortPath(LOG_FILE)})`,
  );
}

if (import.meta.main) await runCommand(main);
