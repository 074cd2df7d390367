import {
  chooseNotebooks,
  isRunnable,
  readNotebook,
  textOf,
} from "../../notebooks/document.ts";
import { shownClaims } from "../../notebooks/shown_claims.ts";
import { TaskError } from "../../command.ts";
import { PROJECT } from "../../setup/paths.ts";
import { LabKernel } from "./lab_kernel.ts";
import { loadPage } from "./load_page.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import { withJupyterLab } from "./own_lab.ts";
import { secondsOf } from "./seconds_of.ts";
import { type Clone, runUserCommand, withPlaces } from "./user_command.ts";

/** What the first person on a new machine waits for: all is fetched, as nothing of an earlier use is there. */
export const coldStart: Measurement = {
  name: "cold",
  summary: "the first start of all, in a fresh clone with an empty home",
  round: measure,
};

async function measure(run: MeasurementRun): Promise<void> {
  const { folder, engine, quantities, signal } = run;
  const clone: Clone = { folder: `${folder}/clone`, home: `${folder}/home` };
  try {
    await makeClone(clone, `${folder}/compose.yaml`);
    await withJupyterLab({ run, clone }, async (url, seconds) => {
      await loadPage(url, signal);
      quantities.add({
        what: "JupyterLab and a broker from nothing",
        unit: "s",
        goal: { atMost: 40 },
      }, seconds());
      await runUntilFirstClaim(url, run);
      quantities.add({
        what: "notebook 00's first claim from nothing",
        unit: "s",
        goal: { atMost: 60 },
      }, seconds());
      const [args, env] = withPlaces(run.places, [
        ...["kafka", "up", "postgres", "connect", "--engine", "local"],
      ]);
      const up = () => runUserCommand(args, { env, clone, signal });
      quantities.add({
        what: "postgres and connect, fetched and started, after that",
        unit: "s",
      }, await secondsOf(up));
    });
  } finally {
    await engine.down();
    await removeTree(clone.folder);
    await removeTree(clone.home);
  }
}

async function makeClone(clone: Clone, composeFile: string): Promise<void> {
  await Deno.mkdir(clone.home);
  const { success, stderr } = await new Deno.Command("git", {
    args: ["clone", "--quiet", PROJECT, clone.folder],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new TaskError(
      `Cannot clone ${PROJECT}: ${new TextDecoder().decode(stderr).trim()}`,
    );
  }
  // On ports of the measurement's own.
  await Deno.copyFile(composeFile, `${clone.folder}/compose.yaml`);
}

/** Runs the cells of notebook 00 one after another, without reading them, until a claim is shown. */
async function runUntilFirstClaim(
  url: string,
  { engine, signal }: MeasurementRun,
): Promise<void> {
  const [path] = await chooseNotebooks(["00"]);
  const { cells } = await readNotebook(path!);
  await using kernel = await LabKernel.start(url, "my", signal);
  // The usual address may be that of the user's own broker.
  const addresses = JSON.stringify(engine.addresses().join());
  await kernel.run(`Deno.env.set("KAFKA_BROKERS", ${addresses})`);
  for (const cell of cells.filter(isRunnable)) {
    const outputs = await kernel.run(textOf(cell.source));
    if (shownClaims(outputs).length > 0) return;
  }
  throw new TaskError("Cannot find a claim in notebook 00.");
}

async function removeTree(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
