import { isThere } from "lib/brokers/is_there.ts";
import { PROJECT } from "../../setup/paths.ts";
import { removeIfThere } from "lib/brokers/jars/stamp.ts";
import type { Measurement } from "./measurement.ts";
import { secondsOf } from "./seconds_of.ts";
import { runUserCommand } from "./user_command.ts";

/** What Deno downloads; all else in its folder it makes of it. */
const DOWNLOADS = ["npm", "remote"];

/** A command that does nothing: the first time, when Deno has compiled nothing yet, and after that. */
export const taskStart: Measurement = {
  name: "task",
  summary: "a deno task that does nothing",
  async round({ folder, quantities, signal }) {
    const denoFolder = `${folder}/deno`;
    await removeIfThere(denoFolder);
    Deno.mkdirSync(denoFolder);
    const usersFolder = await findDenoFolder();
    for (const name of DOWNLOADS) {
      const downloads = `${usersFolder}/${name}`;
      if (isThere(downloads)) {
        Deno.symlinkSync(downloads, `${denoFolder}/${name}`);
      }
    }
    const start = () =>
      secondsOf(() =>
        runUserCommand(["kafka", "--help"], {
          ...{ signal, env: { DENO_DIR: denoFolder } },
        })
      );
    quantities.add({
      what: "'deno task kafka --help', nothing compiled yet",
      unit: "s",
    }, await start());
    quantities.add(
      { what: "'deno task kafka --help' after that", unit: "s" },
      await start(),
    );
  },
};

async function findDenoFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config"],
    cwd: PROJECT,
    stderr: "null",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
