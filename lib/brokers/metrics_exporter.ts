import { until } from "../client/until.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { EngineError } from "./engine_error.ts";
import { engineFolders } from "./engine_folders.ts";
import { findEngine } from "./find_engine.ts";
import { isThere } from "./is_there.ts";
import { moreJars } from "./jars/more_jars.ts";
import { findJava } from "./local/java.ts";
import { serviceFolder } from "./local/service_record.ts";
import { freePorts, isPortFree } from "./ports.ts";
import {
  identifyProcess,
  type ProcessIdentity,
  processState,
} from "./process_identity.ts";

/** Where a node's exporter is looked for, and who hears of it. */
export interface MetricsExporterOptions extends EngineOptions {
  /** What runs the node. Default: what `findEngine("auto")` finds. */
  engine?: Engine;
  /** Hears what is fetched, at the first use. */
  onProgress?: (line: string) => void;
}

/** Which exporter a process of the service got. */
interface Attached {
  process: ProcessIdentity;
  port: number;
}

const RULES = new URL("jmx_exporter.yml", import.meta.url).pathname;
const READY_MS = 20_000;

/**
 * Has a running broker or controller serve its metrics as a page for
 * Prometheus: loads Prometheus' JMX exporter into its process, which takes no
 * restart and no setting, and lasts as long as the process. One that has the
 * exporter keeps it.
 *
 * @param service The service's name: "kafka-1".
 * @param options What runs it, and who hears of what is fetched.
 * @returns Where the page is: `http://127.0.0.1:20123/metrics`.
 * @throws {EngineError} If the service runs in a container, whose image has no `jcmd`; does not run, or is frozen; or the exporter cannot be fetched or loaded.
 * @throws {DeadlineError} If the page does not answer within 20 s.
 * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * // const url = await metricsPageOf("kafka-1");
 * // const page = await (await fetch(url)).text();
 * ```
 */
export async function metricsPageOf(
  service: string,
  { engine, onProgress, ...places }: MetricsExporterOptions = {},
): Promise<string> {
  const { name, status } = await look(
    service,
    engine ?? await findEngine("auto", places),
  );
  const refusal = (why: string) =>
    new EngineError(`Cannot read the metrics of '${service}' as ${why}`);
  if (name === "compose") {
    throw refusal(
      "it runs in a container, whose image has no jcmd to load the exporter with: use the local engine ('deno task kafka down', then 'deno task kafka up --cluster --engine local')",
    );
  }
  const process = status?.pid === undefined
    ? undefined
    : identifyProcess(status.pid);
  if (process === undefined) {
    throw refusal(
      "it is not running: start it with 'deno task kafka up --cluster'",
    );
  }
  const folders = engineFolders(places);
  const file = `${serviceFolder(folders.state, service)}/metrics.json`;
  const known = readAttached(file);
  const isFrozen = processState(process) === "frozen";
  if (
    known !== undefined && known.process.pid === process.pid &&
    known.process.started === process.started
  ) {
    const url = urlOf(known.port);
    if (isFrozen || await answers(url)) return url;
  }
  if (isFrozen) {
    throw refusal("it is frozen, and cannot load the exporter: thaw it first");
  }
  const jars = await moreJars(onProgress, places);
  // A process started anew gets the port of the one before, so that its page stays where it was.
  const port = known !== undefined && isPortFree(known.port)
    ? known.port
    : freePorts(1)[0]!;
  // Written first: a process takes the exporter once, and its page may come late.
  Deno.writeTextFileSync(file, JSON.stringify({ process, port }));
  await load(process.pid, {
    jcmd: jcmdOf(folders.python),
    jar: jars.find("jmx_prometheus_javaagent"),
    port,
  }).catch((error) => {
    throw refusal(error.message);
  });
  await until(() => answers(urlOf(port)), {
    what: `the page of metrics of '${service}'`,
    deadlineMs: READY_MS,
  });
  return urlOf(port);
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}/metrics`;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return (await response.text()).includes("kafka_");
  } catch {
    return false;
  }
}

async function look(service: string, engine: Engine) {
  const [status] = await engine.status({ services: [service] });
  return { name: engine.name, status };
}

function jcmdOf(pythonFolder: string): string {
  const java = findJava(pythonFolder)?.path ?? "java";
  const jcmd = java.replace(/java$/, "jcmd");
  if (isThere(jcmd)) return jcmd;
  throw new EngineError(
    `the Java at ${java} has no jcmd: run 'deno task setup', which fetches one that has`,
  );
}

/** @throws {EngineError} Why it cannot be loaded. */
async function load(
  pid: number,
  { jcmd, jar, port }: { jcmd: string; jar: string; port: number },
): Promise<void> {
  // The process splits the command at blanks. The exporter ends the whole process if it
  // cannot read its rules, or listen.
  const blank = [jar, RULES].find((path) => /\s/.test(path));
  if (blank !== undefined) {
    throw new EngineError(
      `jcmd takes no path with blanks: current value is '${blank}'; move the project to a folder without them`,
    );
  }
  const { success, stdout, stderr } = await new Deno.Command(jcmd, {
    args: [
      ...[String(pid), "JVMTI.agent_load", jar],
      `127.0.0.1:${port}:${RULES}`,
    ],
  }).output();
  const said = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  if (success && /return code: 0/.test(said)) return;
  throw new EngineError(
    `jcmd could not load the exporter (${
      said.trim().replaceAll("\n", " ")
    }); if the process has one already, start it anew with 'deno task kafka down' and 'deno task kafka up --cluster'`,
  );
}

function readAttached(file: string): Attached | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(file));
  } catch {
    return undefined; // Never attached, or written by half: a second exporter does no harm.
  }
}
