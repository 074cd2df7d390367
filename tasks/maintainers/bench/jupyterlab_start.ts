import { Browser } from "./browser.ts";
import { secondsUntilReply } from "./first_reply.ts";
import { loadPage } from "./load_page.ts";
import { Quantities } from "./quantities.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import {
  commandFailure,
  startUserCommand,
  withPlaces,
} from "./user_command.ts";

/** Whether JupyterLab shows the notebook's cells, and its kernel waits for the first to be run. */
const USABLE =
  "document.querySelector('.jp-Notebook .jp-Cell') && document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'";

/** From `deno task lab` until a person can run the first notebook's cells; and a kernel's start alone. */
export const jupyterLab: Measurement = {
  name: "jupyterlab",
  summary: "JupyterLab's start and that of a kernel in it",
  // The first start of all makes folders, compiles Python's modules and fills the browser's cache.
  prepare: (run) => measure({ ...run, quantities: new Quantities() }),
  round: measure,
};

async function measure(run: MeasurementRun): Promise<void> {
  const { quantities, folder, signal } = run;
  // A person's browser is open already.
  await using browser = await Browser.start(`${folder}/browser`);
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  await withJupyterLab(run, async (url) => {
    if (browser) {
      await browser.show(url, USABLE, signal);
      quantities.add({
        what: "JupyterLab usable in a browser after 'lab', broker included",
        unit: "s",
        goal: { atMost: 6 },
      }, seconds());
      await browser.show("about:blank", "true", signal);
    } else {
      await loadPage(url, signal);
      quantities.add({
        what: "JupyterLab's page served after 'lab' (no Chromium to show it)",
        unit: "s",
      }, seconds());
    }
    quantities.add({
      what: "Deno kernel's first reply in JupyterLab",
      unit: "s",
    }, await secondsUntilReply(url, signal));
  });
}

/** Starts JupyterLab and a broker of the measurement's own, and ends both after the work. */
async function withJupyterLab(
  { places, engine, signal }: MeasurementRun,
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
