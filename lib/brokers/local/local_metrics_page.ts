import { ownCommand } from "../../client/own_command.ts";
import { EngineError } from "../engine_error.ts";
import { isThere } from "../is_there.ts";
import type { MoreJars } from "../jars/more_jars.ts";
import {
  EXPORTER_JAR,
  EXPORTER_RULES,
  metricsUrl,
  noMetrics,
  pageAnswers,
  untilPageAnswers,
} from "../metrics_page.ts";
import { freePorts, isPortFree } from "../ports.ts";
import { type ProcessIdentity, processState } from "../process_identity.ts";
import { findJava } from "./java.ts";
import type { LocalServices } from "./local_services.ts";

/** Which exporter a process of the service got. */
interface Attached {
  process: ProcessIdentity;
  port: number;
}

/**
 * Loads the exporter into a service's process, which takes no restart and no
 * setting, and lasts as long as the process. One that has it keeps it.
 *
 * @param services The services of the compose file.
 * @param service The service's name.
 * @param moreJars Fetches the exporter's jar, at the first use.
 * @returns Where the page is.
 * @throws {EngineError} If the service does not run, or is frozen; or the exporter cannot be fetched or loaded.
 * @throws {DeadlineError} If the page does not answer within 20 s.
 * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts ignore
 * const url = await localMetricsPage(services, "kafka-1", () => moreJars());
 * ```
 */
export async function localMetricsPage(
  services: LocalServices,
  service: string,
  moreJars: () => Promise<Pick<MoreJars, "find">>,
): Promise<string> {
  services.ownService(service);
  const { process } = services.look(service);
  if (process === undefined) {
    throw noMetrics(
      service,
      `it is not running: start it with '${
        ownCommand(`kafka start ${service}`)
      }'`,
    );
  }
  const file = `${services.folder(service)}/metrics.json`;
  const known = readAttached(file);
  const isFrozen = processState(process) === "frozen";
  if (
    known !== undefined && known.process.pid === process.pid &&
    known.process.started === process.started
  ) {
    const url = metricsUrl(known.port);
    if (isFrozen || await pageAnswers(url)) return url;
  }
  if (isFrozen) {
    throw noMetrics(
      service,
      "it is frozen, and cannot load the exporter: thaw it first",
    );
  }
  const jar = (await moreJars()).find(EXPORTER_JAR);
  // A process started anew gets the port of the one before, so that its page stays where it was.
  const port = known !== undefined && isPortFree(known.port)
    ? known.port
    : freePorts(1)[0]!;
  const jcmd = findJcmd(services.folders.python);
  if (!isThere(jcmd)) {
    throw noMetrics(
      service,
      `there is no '${jcmd}': run '${
        ownCommand("setup")
      }', which fetches a Java that has one`,
    );
  }
  // Written first: a process takes the exporter once, and its page may come late.
  Deno.writeTextFileSync(file, JSON.stringify({ process, port }));
  await load(process.pid, { jcmd, jar, port }).catch((error) => {
    Deno.removeSync(file);
    throw noMetrics(service, error.message);
  });
  return await untilPageAnswers(service, metricsUrl(port));
}

function findJcmd(pythonFolder: string): string {
  const java = findJava(pythonFolder)?.path ?? "java";
  return java.replace(/java$/, "jcmd");
}

/** @throws {EngineError} Why it cannot be loaded. */
async function load(
  pid: number,
  { jcmd, jar, port }: { jcmd: string; jar: string; port: number },
): Promise<void> {
  // The process splits the command at blanks. The exporter ends the whole process if it
  // cannot read its rules, or listen.
  const blank = [jar, EXPORTER_RULES].find((path) => /\s/.test(path));
  if (blank !== undefined) {
    throw new EngineError(
      `jcmd takes no path with blanks: current value is '${blank}'; move the project to a folder without them`,
    );
  }
  const { success, stdout, stderr } = await new Deno.Command(jcmd, {
    args: [
      ...[String(pid), "JVMTI.agent_load", jar],
      `127.0.0.1:${port}:${EXPORTER_RULES}`,
    ],
  }).output();
  const said = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr);
  if (success && /return code: 0/.test(said)) return;
  throw new EngineError(
    `jcmd could not load the exporter (${
      said.trim().replaceAll("\n", " ")
    }); if the process has one already, start it anew with '${
      ownCommand("kafka down")
    }' and '${ownCommand("kafka up --cluster")}'`,
  );
}

function readAttached(file: string): Attached | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(file));
  } catch {
    return undefined; // Never attached, or written by half: a second exporter does no harm.
  }
}
