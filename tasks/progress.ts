// deno task progress: see HELP.
import { parseArgs } from "@std/cli/parse-args";
import { refuseUnknown, runCommand } from "./command.ts";
import { nextStep, readProgress, type Share, sum } from "./learner/progress.ts";

const HELP = `Shows how far you are, and what comes next.

  deno task progress

Your notes are in my/.progress; deleting that folder forgets them.`;

async function main(args: string[]): Promise<number> {
  const { help } = parseArgs(args, {
    boolean: ["help"],
    unknown: refuseUnknown("progress"),
  });
  if (help) {
    console.log(HELP);
    return 0;
  }
  const notebooks = await readProgress();
  const share = ({ done, of }: Share) => of === 0 ? "" : `${done} of ${of}`;
  const rows = [
    ["", "claims seen", "predicted", "right", "solved"],
    ...notebooks.map((each) => [
      each.name,
      share(each.claims),
      share(each.predictions),
      each.predictions.done === 0 ? "" : String(each.right),
      share(each.exercises),
    ]),
  ];
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  for (const row of rows) {
    console.log(
      row.map((text, column) => text.padEnd(widths[column]!)).join("  ")
        .trimEnd(),
    );
  }
  console.log(`\nExercises solved: ${share(sum(notebooks, "exercises"))}`);
  const next = nextStep(notebooks);
  console.log(
    next === undefined
      ? "You have done everything."
      : `Next: my/${next.notebook.name}.ipynb. ${next.step}`,
  );
  return 0;
}

if (import.meta.main) await runCommand(main);
