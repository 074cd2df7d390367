import { secondsUntilReply } from "./first_reply.ts";
import { loadPage } from "./load_page.ts";
import type { StartPart, StartRun } from "./start_part.ts";
import {
  commandFailure,
  startUserCommand,
  withPlaces,
} from "./user_command.ts";

/** From `deno task lab` until a browser gets the page of the first notebook; then from that notebook's kernel to its first reply. */
export const jupyterLab: StartPart = {
  name: "jupyterlab",
  summary: "JupyterLab's start and that of a kernel in it",
  // The first start of all makes folders and compiles Python's modules.
  prepare: (run) => start(run, async () => {}),
  round: (run) => {
    const began = performance.now();
    return start(run, async (url) => {
      await loadPage(url, run.signal);
      run.samples.add({
        what: "JupyterLab's page served after 'lab', broker included",
        unit: "s",
        goal: { atMost: 6 },
      }, (performance.now() - began) / 1_000);
      run.samples.add({
        what: "Deno kernel's first reply in JupyterLab",
        unit: "s",
      }, await secondsUntilReply(url, run.signal));
    });
  },
};

/** Starts JupyterLab and a broker of the measurement's own, and ends both after the work. */
async function start(
  { places, engine, signal }: StartRun,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const [command, env] = withPlaces(places, [
    "lab",
    "--no-browser",
    "--engine",
    "local",
  ]);
  const lab = startUserCommand(command, { env, signal });
  let said = "";
  let found = false;
  try {
    for await (const line of lab.lines) {
      said += `${line}\n`;
      const url = /^\s*(http:\S+\?token=\S+)$/.exec(line)?.[1];
      if (url === undefined || found) continue;
      found = true;
      await work(url);
      lab.interrupt();
    }
  } finally {
    lab.interrupt();
    const { stderr } = await lab.ended;
    said = stderr || said;
    await engine.down();
  }
  signal.throwIfAborted();
  if (!found) throw commandFailure(command, said);
}
