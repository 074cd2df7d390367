// deno task lab: see HELP.
import { ownCommand } from "lib/client/own_command.ts";
import { parseArgs } from "@std/cli/parse-args";
import type { EngineOptions } from "lib/brokers/engine.ts";
import { type Broker, engineChoice, findOrStartBroker } from "./broker.ts";
import { refuseUnknown, runCommand } from "./command.ts";
import { freePort, portOption } from "./lab/free_port.ts";
import {
  type JupyterLab,
  runningJupyterLab,
  startJupyterLab,
} from "./lab/jupyterlab.ts";
import { setUpRestLater } from "./lab/set_up_rest_later.ts";
import { updateCopies } from "./learner/copies.ts";
import { writeStartPage } from "./learner/start_page.ts";
import { chooseNotebooks } from "./notebooks/document.ts";
import { showStep } from "./setup/progress.ts";
import { setUp } from "./setup/set_up.ts";

const HELP = `Installs what is missing, starts Kafka and opens JupyterLab.

  deno task lab [options]

  --no-browser   only print the address
  --port N       JupyterLab's port (the first free one from 8888)
  --engine NAME  what runs the broker: auto, compose (Docker) or local (auto)

The notebooks that it opens are copies of your own, in the folder my.
A broker that answers at KAFKA_BROKERS or localhost:9092 is used as it is.
Ctrl-C ends JupyterLab with its kernels, and leaves the broker running.`;

/** The page that is written anew at each start. */
const START_PAGE = "/lab/tree/my/start.md";

const DOUBLE_SIGNAL_MS = 500;

/**
 * Runs `deno task lab` with its arguments.
 *
 * @param places Other files and folders than the project's, for measurements.
 * @returns The exit code.
 */
export async function labCommand(
  args: string[],
  places: EngineOptions = {},
): Promise<number> {
  const options = parseArgs(args, {
    boolean: ["help", "browser"],
    string: ["port", "engine"],
    negatable: ["browser"],
    default: { browser: true, engine: "auto" },
    unknown: refuseUnknown("lab"),
  });
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const engineName = engineChoice(options.engine);
  const wantedPort = portOption(options.port);

  // Asked first: without a notebook there is nothing to install and start for.
  await chooseNotebooks([]);
  const running = await runningJupyterLab({ ...places, page: START_PAGE });
  if (running) {
    console.log(
      `JupyterLab of this folder is open already (process ${running.pid}):\n\n  ${running.url}\n`,
    );
    if (options.browser) openBrowser(running.url);
    return 0;
  }
  // The rest comes while the person reads.
  await setUp({ rest: false });
  const { outdated } = await updateCopies();
  const port = freePort(wantedPort);
  const lab = startJupyterLab(port, { ...places, page: START_PAGE });
  const stopping = stopOnSignal(lab);
  try {
    const broker = await findOrStartBroker(engineName, places);
    await writeStartPage({ address: broker.address, outdated });
    await showStep("JupyterLab", () => lab.ready());
    showWelcome(lab, broker);
    if (options.browser) openBrowser(lab.url);
    await using _rest = setUpRestLater();
    await lab.ended;
    showFarewell(broker, stopping.signalled);
    return stopping.signalled ? 0 : 1;
  } catch (error) {
    await lab.stop();
    // What a stopped server did not answer is no error.
    if (stopping.signalled) return 130;
    throw error;
  }
}

function showWelcome(lab: JupyterLab, broker: Broker): void {
  console.log(`
JupyterLab is open:

  ${lab.url}

Kafka answers on ${broker.address}. Ctrl-C ends JupyterLab.`);
}

function showFarewell(broker: Broker, signalled: boolean): void {
  const why = signalled
    ? "JupyterLab and its kernels have ended."
    : "JupyterLab has ended by itself. Its log: .kafka/logs/jupyterlab.log";
  const own = !Deno.env.get("KAFKA_BROKERS");
  console.log(
    `\n${why}` +
      (own
        ? `\nKafka still runs on ${broker.address}: '${
          ownCommand("kafka down")
        }' stops it.`
        : ""),
  );
}

/** The first signal ends JupyterLab in order, a later one at once. */
function stopOnSignal(lab: JupyterLab): { signalled: boolean } {
  const state = { signalled: false };
  let firstAt = 0;
  const onSignal = () => {
    // One Ctrl-C may arrive twice: from the terminal, and handed on by a parent.
    if (state.signalled && Date.now() - firstAt < DOUBLE_SIGNAL_MS) return;
    const ending = state.signalled ? lab.kill() : lab.stop();
    if (!state.signalled) firstAt = Date.now();
    state.signalled = true;
    ending.catch(() => lab.kill());
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of signals) Deno.addSignalListener(name, onSignal);
  return state;
}

/** Whoever has no browser, or no desktop, has the address on the terminal. */
function openBrowser(url: string): void {
  const [program, ...args] = {
    darwin: ["open"],
    windows: ["cmd", "/c", "start", ""],
  }[Deno.build.os as string] ?? ["xdg-open"];
  try {
    const opener = new Deno.Command(program!, {
      args: [...args, url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    opener.unref();
  } catch {
    console.log("(No browser could be opened: open that address yourself.)");
  }
}

if (import.meta.main) await runCommand((args) => labCommand(args));
