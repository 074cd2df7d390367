// deno task fresh: see HELP.
import { parseArgs } from "@std/cli/parse-args";
import { refuseUnknown, runCommand, UsageError } from "./command.ts";
import { updateCopies } from "./learner/copies.ts";
import { chooseNotebooks, notebookName } from "./notebooks/document.ts";

const HELP = `Gives you a fresh copy of notebooks, in the folder my.

  deno task fresh NN …   copies those notebooks anew: what you wrote in them is gone
  deno task fresh --all  copies all of them anew

What you have predicted and solved stays noted.`;

async function main(args: string[]): Promise<number> {
  const { help, all, _: choices } = parseArgs(args, {
    boolean: ["help", "all"],
    string: ["_"],
    unknown: refuseUnknown("fresh", { takesArguments: true }),
  });
  if (help) {
    console.log(HELP);
    return 0;
  }
  if (all !== (choices.length === 0)) {
    throw new UsageError(
      "Cannot make fresh copies without being told of which notebooks: name them by number, or say --all.",
    );
  }
  const fresh = (await chooseNotebooks(choices as string[]))
    .map((path) => notebookName(path).slice(0, 2));
  const { made, refreshed } = await updateCopies({ fresh });
  console.log(`Fresh in my: ${[...made, ...refreshed].join(", ")}.`);
  console.log(
    "Where one of them is open in JupyterLab: File > Reload Notebook from Disk.",
  );
  return 0;
}

if (import.meta.main) await runCommand(main);
