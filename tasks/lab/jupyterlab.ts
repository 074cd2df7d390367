import { delimiter, dirname } from "node:path";
import { DENO_VARIABLE, denoCommand } from "lib/client/own_command.ts";
import { isThere } from "lib/brokers/is_there.ts";
import { TaskError } from "../command.ts";
import {
  KAFKA_FOLDER,
  PROJECT,
  shortPath,
  VENV,
  venvProgram,
} from "../setup/paths.ts";
import { descendants, signal } from "../process_list.ts";

const READY_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 10_000;
const POLL_MS = 50;

/** A JupyterLab that is starting or running. */
export interface JupyterLab {
  /** The page to open, token included. */
  readonly url: string;
  /** Resolves when the page answers. */
  ready(): Promise<void>;
  /** Settles when the server has ended. */
  readonly ended: Promise<void>;
  /** Ends the server with its kernels. */
  stop(): Promise<void>;
  /** Kills the server with its kernels. */
  kill(): Promise<void>;
}

/** What JupyterLab opens on, and where its things are. */
export interface LabPlaces {
  /** The page, such as `/lab/tree/my/start.md`. */
  page: string;
  /** The folder of all it keeps; `.kafka` by default. */
  stateFolder?: string;
}

/** Starts JupyterLab of `.venv` on this host alone. */
export function startJupyterLab(
  port: number,
  { page, stateFolder = KAFKA_FOLDER }: LabPlaces,
): JupyterLab {
  const token = crypto.randomUUID().replaceAll("-", "");
  const logFile = `${stateFolder}/logs/jupyterlab.log`;
  keepQuiet(stateFolder);
  showMarkdownAsPages(stateFolder);
  const server = new Deno.Command(venvProgram("jupyter-lab"), {
    args: [
      "--no-browser",
      "--ServerApp.ip=127.0.0.1",
      `--ServerApp.port=${port}`,
      "--ServerApp.port_retries=0",
      `--ServerApp.root_dir=${PROJECT}`,
      "--ServerApp.answer_yes=True",
      `--LabApp.default_url=${page}`,
      "--MappingKernelManager.default_kernel_name=deno",
      // A login shell would take .venv's programs off the path again.
      `--ServerApp.terminado_settings={"shell_command":["${
        Deno.env.get("SHELL") ?? "sh"
      }"]}`,
      // The running server is as root in containers; it listens on this host alone.
      "--ServerApp.allow_root=True",
    ],
    cwd: PROJECT,
    clearEnv: true,
    env: { ...environment(stateFolder), JUPYTER_TOKEN: token },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // Ctrl-C is for us: we end the server in order.
    detached: true,
  }).spawn();
  const logged = keepLog(server, logFile);
  const base = `http://127.0.0.1:${port}`;
  let hasEnded = false;
  const ended = server.status.then(() => {
    hasEnded = true;
  });

  const kill = async () => {
    const all = [server.pid, ...await descendants(server.pid)];
    for (const pid of all) signal(pid, "SIGKILL");
    await ended;
  };
  return {
    url: `${base}${page}?token=${token}`,
    ended,
    kill,
    async ready() {
      const deadline = Date.now() + READY_DEADLINE_MS;
      while (!await answers(`${base}/api/status?token=${token}`)) {
        if (hasEnded) {
          await logged;
          throw new TaskError(
            `Cannot open JupyterLab as it ended at once: ${lastError(logFile)}`,
          );
        }
        if (Date.now() > deadline) {
          await kill();
          throw new TaskError(
            `Cannot open JupyterLab as it did not answer on ${base} within ${
              READY_DEADLINE_MS / 1_000
            } s. Its log: ${shortPath(logFile)}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    async stop() {
      signal(server.pid, "SIGTERM");
      const timer = setTimeout(kill, STOP_DEADLINE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** A JupyterLab of this folder that answers now, such as one in another terminal. */
export async function runningJupyterLab(
  { page, stateFolder = KAFKA_FOLDER }: LabPlaces,
): Promise<{ url: string; pid: number } | undefined> {
  const folder = `${jupyterFolder(stateFolder)}/runtime`;
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch {
    return undefined;
  }
  for (const { name } of entries) {
    if (!/^jpserver-\d+\.json$/.test(name)) continue;
    const { url, token, pid } = JSON.parse(
      Deno.readTextFileSync(`${folder}/${name}`),
    );
    if (await answers(`${url}api/status?token=${token}`)) {
      return {
        url: `${url.replace(/\/$/, "")}${page}?token=${token}`,
        pid,
      };
    }
  }
}

function jupyterFolder(stateFolder: string): string {
  return `${stateFolder}/jupyter`;
}

/** What JupyterLab would ask a person at its first start: news, and updates of what we pin. */
function keepQuiet(stateFolder: string): void {
  writeIfMissing(stateFolder, "labconfig/page_config.json", {
    disabledExtensions: {
      "@jupyterlab/apputils-extension:announcements": true,
    },
  });
}

/** A person reads the start page and the words, and rarely edits them. */
function showMarkdownAsPages(stateFolder: string): void {
  writeIfMissing(
    stateFolder,
    "lab/user-settings/@jupyterlab/docmanager-extension/plugin.jupyterlab-settings",
    { defaultViewers: { markdown: "Markdown Preview" } },
  );
}

/** A file of JupyterLab's settings, which a person may change afterwards. */
function writeIfMissing(
  stateFolder: string,
  name: string,
  settings: Record<string, unknown>,
): void {
  const path = `${jupyterFolder(stateFolder)}/config/${name}`;
  if (isThere(path)) return;
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeTextFileSync(path, JSON.stringify(settings));
}

function environment(stateFolder: string): Record<string, string> {
  const folder = jupyterFolder(stateFolder);
  // npx hands on its own settings, which other programs take for theirs.
  const inherited = Object.entries(Deno.env.toObject())
    .filter(([name]) => !/^(npm_.*|COLOR|NO_COLOR|FORCE_COLOR)$/.test(name));
  const programs = venvProgram("deno").replace(/[\\/][^\\/]*$/, "");
  return {
    ...Object.fromEntries(inherited),
    PATH: [programs, Deno.env.get("PATH") ?? ""].join(delimiter),
    // What npm says of itself is left out, and who came by npx may have no other deno.
    [DENO_VARIABLE]: denoCommand(),
    VIRTUAL_ENV: VENV,
    JUPYTER_CONFIG_DIR: `${folder}/config`,
    JUPYTER_DATA_DIR: `${folder}/data`,
    JUPYTER_RUNTIME_DIR: `${folder}/runtime`,
    IPYTHONDIR: `${folder}/ipython`,
  };
}

async function keepLog(
  server: Deno.ChildProcess,
  logFile: string,
): Promise<void> {
  Deno.mkdirSync(dirname(logFile), { recursive: true });
  using log = Deno.openSync(logFile, {
    write: true,
    create: true,
    truncate: true,
  });
  const copy = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const chunk of stream) log.writeSync(chunk);
  };
  await Promise.all([copy(server.stdout), copy(server.stderr)]);
}

function lastError(logFile: string): string {
  const lines = Deno.readTextFileSync(logFile).trim().split("\n");
  return (lines.findLast((line) => /error|already in use/i.test(line)) ??
    lines.at(-1)!).trim();
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
