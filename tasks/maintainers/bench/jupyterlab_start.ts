import { Browser } from "./browser.ts";
import { LabKernel } from "./lab_kernel.ts";
import { loadPage } from "./load_page.ts";
import { Quantities } from "./quantities.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import { withJupyterLab } from "./own_lab.ts";

/** Whether JupyterLab shows the page on which it opens, whose links lead to the notebooks. */
const USABLE =
  "document.querySelector('.jp-MarkdownViewer .jp-RenderedMarkdown a')";

/** From `deno task lab` until a person can open a notebook; and a kernel's start alone. */
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
  await withJupyterLab({ run }, async (url, seconds) => {
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

/** From asking for a Deno kernel until it has replied to its first cell. */
async function secondsUntilReply(
  url: string,
  signal: AbortSignal,
): Promise<number> {
  const began = performance.now();
  await using kernel = await LabKernel.start(url, "notebooks", signal);
  await kernel.run("1 + 1");
  return (performance.now() - began) / 1_000;
}
