import type { MeasurementRun } from "./measurement.ts";
import {
  type Clone,
  commandFailure,
  startUserCommand,
  withPlaces,
} from "./user_command.ts";

/** How {@linkcode withJupyterLab} starts it. */
export interface OwnLabOptions {
  run: MeasurementRun;
  /** The clone in which it starts; this project if it is left out. */
  clone?: Clone;
}

/**
 * Starts JupyterLab and a broker of the measurement's own, and ends both after the work.
 *
 * @param work Gets the page's address, and a function that tells the seconds since `lab` began.
 */
export async function withJupyterLab(
  { run: { places, engine, signal }, clone }: OwnLabOptions,
  work: (url: string, seconds: () => number) => Promise<void>,
): Promise<void> {
  const [command, env] = withPlaces(places, [
    "lab",
    "--no-browser",
    "--engine",
    "local",
  ]);
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1_000;
  const lab = startUserCommand(command, { env, clone, signal });
  let said = "";
  let found = false;
  try {
    for await (const line of lab.lines) {
      said += `${line}\n`;
      const url = /^\s*(http:\S+\?token=\S+)$/.exec(line)?.[1];
      if (url === undefined || found) continue;
      found = true;
      await work(url, seconds);
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
