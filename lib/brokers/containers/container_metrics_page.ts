import { InterruptedError } from "../../client/interrupt.ts";
import { ownCommand } from "../../client/own_command.ts";
import type { ComposeService } from "../compose/compose_file.ts";
import { EngineError } from "../engine_error.ts";
import {
  EXPORTER_JAR,
  EXPORTER_RULES,
  metricsUrl,
  noMetrics,
  pageAnswers,
  untilPageAnswers,
} from "../metrics_page.ts";
import type { MoreJars } from "../jars/more_jars.ts";
import { readIfThere } from "../jars/stamp.ts";
import { freePorts } from "../ports.ts";
import { type ContainerProject, isUp } from "./compose_project.ts";
import { composeFailure } from "./container_failure.ts";

/** Where the exporter listens in its container, and where its files are there. */
const PORT = 9404;
const JAR = "/opt/exporter/agent.jar";
const RULES = "/opt/exporter/rules.yml";

/** Compose ends the container in order, and makes another. */
const RECREATE_MS = 90_000;

/** What Compose adds to a service that has the exporter. */
interface Addition {
  environment: { KAFKA_OPTS: string };
  ports: string[];
  volumes: string[];
}

/**
 * Makes a service's container anew with the exporter, its data kept: there is
 * nothing in the image that could load it into a running process. One that has
 * it keeps it.
 *
 * @param project The containers of the file.
 * @param service The service.
 * @param options `addition`: the project's second Compose file, which is written; `missingCopies`: whether a
 * partition lacks one, so that this broker must stay; `moreJars`: fetches the exporter's jar; `onProgress`: hears
 * that the container is made anew; `untilReady`: waits until the service is as it was before.
 * @returns Where the page is.
 * @throws {EngineError} If the service does not run, or is frozen; if copies of partitions are missing; or if its container cannot be made.
 * @throws {DeadlineError} If the page does not answer within 20 s.
 * @throws {ConsumerCrashError} If a consumer that `endWaitsOnCrash()` watches has crashed for good.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts ignore
 * const url = await containerMetricsPage(project, service, {
 *   ...{ addition, missingCopies, moreJars, onProgress, untilReady },
 * });
 * ```
 */
export async function containerMetricsPage(
  project: ContainerProject,
  service: ComposeService,
  { addition, missingCopies, moreJars, onProgress, untilReady }: {
    addition: string;
    missingCopies: () => Promise<boolean>;
    moreJars: () => Promise<Pick<MoreJars, "find">>;
    onProgress: (line: string) => void;
    untilReady: () => Promise<void>;
  },
): Promise<string> {
  const { name } = service;
  const container = (await project.ownContainers()).get(name);
  if (container === undefined || !isUp(container)) {
    const command = ownCommand(`kafka start ${name}`);
    throw noMetrics(name, `it is not running: start it with '${command}'`);
  }
  const isFrozen = container.state === "frozen";
  const known = await publishedPort(project, container.id);
  if (known !== undefined) {
    const url = metricsUrl(known);
    if (isFrozen || await pageAnswers(url)) return url;
  }
  if (isFrozen) {
    throw noMetrics(
      name,
      "it is frozen, and cannot be made anew with the exporter: thaw it first",
    );
  }
  if (await missingCopies()) {
    throw noMetrics(
      name,
      `it has to be started anew with the exporter, and copies of partitions are missing, or it does not answer yet: '${
        ownCommand("kafka status")
      }' says which broker to start or thaw first`,
    );
  }
  const jar = (await moreJars()).find(EXPORTER_JAR);
  const port = known ?? freePorts(1)[0]!;
  onProgress(`${name}: starting anew, with the exporter`);
  changeFile(addition, name, {
    environment: {
      KAFKA_OPTS: [
        service.environment.KAFKA_OPTS,
        `-javaagent:${JAR}=0.0.0.0:${PORT}:${RULES}`,
      ].filter(Boolean).join(" "),
    },
    ports: [`127.0.0.1:${port}:${PORT}`],
    volumes: [`${jar}:${JAR}:ro`, `${EXPORTER_RULES}:${RULES}:ro`],
  });
  try {
    await makeAnew(project, name);
    await untilReady();
    return await untilPageAnswers(name, metricsUrl(port));
  } catch (error) {
    // Whoever pressed Stop, or waits for other brokers, has nothing against the exporter.
    if (error instanceof InterruptedError) throw error;
    if (await pageAnswers(metricsUrl(port))) throw error;
    changeFile(addition, name, undefined);
    await makeAnew(project, name).catch(() => {
      throw new EngineError(
        `${
          (error as Error).message
        }; without the exporter it could not be started, either: '${
          ownCommand("kafka up")
        }' (with --cluster for the cluster) tries again`,
        { cause: error },
      );
    });
    throw error;
  }
}

async function makeAnew(
  project: ContainerProject,
  service: string,
): Promise<void> {
  const result = await project.tryCompose(
    ["up", "--detach", "--no-deps", service],
    { deadlineMs: RECREATE_MS },
  );
  if (result.code === 0) return;
  throw new EngineError(composeFailure([service], result));
}

/** The port of this host at which a container's exporter is reached, if it has one. */
async function publishedPort(
  project: ContainerProject,
  id: string,
): Promise<number | undefined> {
  const { code, stdout } = await project.tryDocker(["port", id, `${PORT}/tcp`]);
  const port = Number(/:(\d+)\s*$/m.exec(stdout)?.[1]);
  return code === 0 && port > 0 ? port : undefined;
}

/** Leaves what is in the file for other services: Compose makes anew what it no longer finds there. */
function changeFile(
  path: string,
  service: string,
  addition: Addition | undefined,
): void {
  const { services } = JSON.parse(readIfThere(path) ?? '{ "services": {} }');
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  // What is undefined is left out; what is JSON is YAML, too.
  const text = JSON.stringify(
    { services: { ...services, [service]: addition } },
    undefined,
    2,
  );
  Deno.writeTextFileSync(path, text + "\n");
}
