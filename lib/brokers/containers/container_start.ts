import { ownCommand } from "../../client/own_command.ts";
import { DeadlineError, until } from "../../client/until.ts";
import type { ComposeService } from "../compose/compose_file.ts";
import { clientAddress, isBroker } from "../compose/compose_services.ts";
import { lastLine } from "./container_cli.ts";
import { composeFailure, reasonInLog, takenPort } from "./container_failure.ts";
import { spawnContainerTool } from "./container_tool.ts";
import { type ContainerProject, isUp } from "./compose_project.ts";
import { EngineError } from "../engine_error.ts";
import { serviceAnswers } from "../service_answers.ts";
import { brokerIdsAt } from "../../client/broker_ids_at.ts";

/** How long Compose may take, and how long a broker until it answers: a cold machine is slow. */
const START_DEADLINE_MS = 90_000;

/** How long an image of some hundred megabytes may take. */
const PULL_DEADLINE_MS = 20 * 60_000;

/**
 * Has Compose make or start the containers of services that do not run.
 * Nothing is started if a port is taken or an image cannot be had.
 *
 * @param project The containers of the file.
 * @param services The services to start.
 * @param onProgress Hears of each step, in one line.
 * @throws {EngineError} If it cannot; the message says why and what to do.
 *
 * @example Usage
 * ```ts ignore
 * await startContainers(project, chooseServices(project.file), console.log);
 * ```
 */
export async function startContainers(
  project: ContainerProject,
  services: ComposeService[],
  onProgress: (line: string) => void,
): Promise<void> {
  const taken = engineIsHere() ? takenPort(services) : undefined;
  if (taken) throw new EngineError(taken);
  for (const image of new Set(services.map(({ image }) => image))) {
    await fetchImage(project, image, onProgress);
  }
  const names = services.map(({ name }) => name);
  onProgress(`Starting ${names.join(", ")} in containers`);
  const result = await project.tryCompose(["up", "--detach", ...names], {
    deadlineMs: START_DEADLINE_MS,
  });
  if (result.code !== 0) throw new EngineError(composeFailure(names, result));
}

async function fetchImage(
  project: ContainerProject,
  image: string,
  onProgress: (line: string) => void,
): Promise<void> {
  const { code } = await project.tryDocker(["image", "inspect", image]);
  if (code === 0) return;
  onProgress(`Fetching the image ${image}, once; this may take minutes`);
  const pull = await project.tryDocker(["pull", "--quiet", image], {
    deadlineMs: PULL_DEADLINE_MS,
  });
  if (pull.code === 0) return;
  throw new EngineError(
    `Cannot fetch the image ${image}: ${
      lastLine(pull.stderr)
    }; check the network and the registry, or run the brokers without containers ('--engine local')`,
  );
}

/**
 * Waits until every broker among some services names all of those brokers; a
 * controller that is alone, PostgreSQL and Connect answer for themselves.
 *
 * @param project The containers of the file.
 * @param services The services to wait for.
 * @throws {EngineError} If one has ended, or does not answer in time; the message says what its log says.
 *
 * @example Usage
 * ```ts ignore
 * await untilReady(project, chooseServices(project.file, { cluster: true }));
 * ```
 */
export async function untilReady(
  project: ContainerProject,
  services: ComposeService[],
): Promise<void> {
  const look = async () =>
    await whyEnded(project, services) ??
      (await allAnswer(project, services) ? "ready" : undefined);
  const answer = await until(look, {
    deadlineMs: START_DEADLINE_MS,
    intervalMs: 50,
  }).catch((error) => {
    if (!(error instanceof DeadlineError)) throw error;
    const names = services.map(({ name }) => `'${name}'`).join(", ");
    return `Cannot start ${names}: no answer of all within ${
      START_DEADLINE_MS / 1_000
    } s; '${ownCommand("kafka status")}' tells which, '${
      ownCommand(`kafka logs ${services.at(-1)?.name}`)
    }' may tell why`;
  });
  if (answer !== "ready") throw new EngineError(answer);
}

async function allAnswer(
  project: ContainerProject,
  services: ComposeService[],
): Promise<boolean> {
  const brokers = services.filter((service) =>
    isBroker(service) && clientAddress(service)
  );
  const others = services.filter(({ kind }) => kind !== "kafka");
  const controllers = services.filter((service) =>
    service.kind === "kafka" && !isBroker(service)
  );
  const expected = brokers.map(({ environment }) =>
    Number(environment.KAFKA_NODE_ID)
  );
  const answers = await Promise.all(brokers.map(async (broker) => {
    const named = await brokerIdsAt(clientAddress(broker) ?? "");
    return named && expected.every((id) => named.includes(id));
  }));
  const otherAnswers = await Promise.all(others.map(serviceAnswers));
  if (![...answers, ...otherAnswers].every(Boolean)) return false;
  // Brokers that answer have found their controller.
  return brokers.length > 0 || controllers.length === 0 ||
    await controllersAnswer(project, controllers);
}

/** No port of a controller is published, so Kafka's own tool asks it within its container. */
async function controllersAnswer(
  project: ContainerProject,
  controllers: ComposeService[],
): Promise<boolean> {
  const containers = await project.containers();
  const answers = controllers.map(async ({ name, environment }) => {
    const port = /:(\d+)/.exec(environment.KAFKA_LISTENERS ?? "")?.[1];
    const tool = spawnContainerTool(project, {
      name: "kafka-metadata-quorum",
      prepare: () =>
        Promise.resolve({
          container: containers.get(name)?.id ?? name,
          args: [
            ...["--bootstrap-controller", `${name}:${port}`],
            ...["describe", "--status"],
          ],
        }),
    });
    await Array.fromAsync(tool.lines);
    return (await tool.ended).code === 0;
  });
  return (await Promise.all(answers)).every(Boolean);
}

/** Says why one of the services has ended, if one has. */
async function whyEnded(
  project: ContainerProject,
  services: ComposeService[],
): Promise<string | undefined> {
  const containers = await project.containers();
  const ended = services.find(({ name }) => !isUp(containers.get(name)));
  if (!ended) return undefined;
  const { name } = ended;
  const why = containers.get(name)?.reason ?? "its container is gone";
  const log = await project.log(name, { lines: 1_000, ofLastRun: true });
  return `Cannot start '${name}': ${why}: ${reasonInLog(log ?? "")}; '${
    ownCommand(`kafka logs ${name}`)
  }' tells more`;
}

/** Whether the container engine publishes ports on this host. */
function engineIsHere(): boolean {
  const engine = Deno.env.get("DOCKER_HOST") ?? "";
  return engine === "" || engine.startsWith("unix:") ||
    engine.startsWith("npipe:");
}
