// deno task setup: see HELP.
import { ownCommand } from "lib/client/own_command.ts";
import { parseArgs } from "@std/cli/parse-args";
import { refuseUnknown, runCommand } from "./command.ts";
import { newerVersionOf, updateCopies } from "./learner/copies.ts";
import { installUserKernelspec } from "./setup/kernelspec.ts";
import { shortPath, VENV } from "./setup/paths.ts";
import { setUp } from "./setup/set_up.ts";

const HELP = `Installs what the notebooks need, for use with VS Code.

  deno task setup

Inside this folder: Python tools with a JRE (.venv), Kafka's jars (.kafka).
In the folder my: your own copies of the notebooks.
For you as a user: the Deno kernel, so that VS Code finds it.
A second run installs only what is missing.`;

async function main(args: string[]): Promise<number> {
  const { help } = parseArgs(args, {
    boolean: ["help"],
    unknown: refuseUnknown("setup"),
  });
  if (help) {
    console.log(HELP);
    return 0;
  }
  await setUp();
  const { outdated } = await updateCopies();
  console.log(
    `Python tools, JRE and Kafka's jars are in ${shortPath(VENV)} and .kafka.`,
  );
  const { folder, state } = await installUserKernelspec();
  console.log(
    state === "kept"
      ? `You have a Deno kernel of another making in ${folder}: it was left alone, and works with these notebooks.`
      : `The Deno kernel is in ${folder}. To remove it, delete that folder.`,
  );
  for (const name of outdated) console.log(newerVersionOf(name));
  console.log(
    `Start a broker with '${
      ownCommand("kafka up")
    }', then open a notebook of the folder my: these copies are your own.`,
  );
  return 0;
}

if (import.meta.main) await runCommand(main);
