import { connectionFromEnvironment } from "../../client/connection.ts";
import { clientProperties } from "../client_properties.ts";
import { COMPOSE_FILE } from "../compose/compose_file.ts";
import {
  chooseServices,
  clientAddress,
  kafkaServices,
} from "../compose/compose_services.ts";
import type { ToolOptions, ToolProcess } from "../engine.ts";
import { EngineError } from "../engine_error.ts";
import { spawnJavaTool } from "./java_tool.ts";
import { findRuntime } from "./kafka_runtime.ts";
import { withBootstrapServer, withClientProperties } from "../tool_catalog.ts";
import type { LocalServices } from "./local_services.ts";
import { TOOLS_LOG_CONFIGURATION } from "./log_configuration.ts";
import { withToolDeadline } from "../tool_deadline.ts";

/**
 * Starts one of Kafka's tools as a JVM of its own.
 *
 * @param services The services of the compose file.
 * @param name The tool, as `toolNamed()` allows.
 * @param args Its arguments.
 * @param options Whom it asks, when it is killed, and who hears its standard error.
 * @returns The running tool.
 * @throws {EngineUnavailableError} If Java or the jars are missing.
 * @throws {EngineError} If there is no such tool or service.
 */
export function spawnLocalTool(
  services: LocalServices,
  name: string,
  args: string[],
  { service, deadlineMs, onStderr }: Omit<ToolOptions, "input"> = {},
): ToolProcess {
  const { folders } = services;
  const brokers = toolBrokers(services, service);
  const withBrokers = withBootstrapServer(name, args, brokers);
  // An address of the caller's may be one more of the environment's cluster.
  const isOwn = withBrokers !== args && !isOfEnvironment(brokers);
  const runtime = findRuntime(folders);
  const login = isOwn ? undefined : writeLogin(folders.state);
  const tool = spawnJavaTool(runtime, {
    name,
    args: login ? withClientProperties(name, withBrokers, login) : withBrokers,
    logConfiguration: writeForUser(
      folders.state,
      "tools-log4j2.yaml",
      TOOLS_LOG_CONFIGURATION,
    ),
    ...(onStderr ? { onStderr } : {}),
  });
  // A password lies there no longer than it is needed.
  if (login) tool.ended.catch(() => {}).finally(() => removeIfThere(login));
  return deadlineMs === undefined
    ? tool
    : withToolDeadline(tool, name, deadlineMs);
}

/** Whom a tool asks: the named service, else what `KAFKA_BROKERS` puts in place of the project's, else what runs. */
function toolBrokers(
  services: LocalServices,
  service: string | undefined,
): string {
  if (service !== undefined) {
    const address = clientAddress(services.ownService(service));
    if (address) return address;
    throw new EngineError(
      `Cannot run a tool at '${service}': it is a controller, which has no address for clients`,
    );
  }
  const named = Deno.env.get("KAFKA_BROKERS");
  if (named && services.folders.composeFile === COMPOSE_FILE) return named;
  const running = kafkaServices(services.file)
    .filter(({ name }) => services.look(name).process);
  const alone = running.filter(({ profiles }) => profiles.length === 0);
  const addresses = (alone.length > 0 ? alone : running)
    .flatMap((service) => clientAddress(service) ?? []);
  return (addresses.length > 0
    ? addresses
    : chooseServices(services.file).flatMap((service) =>
      clientAddress(service) ?? []
    )).join(",");
}

/** Whether brokers are those that `KAFKA_BROKERS` and the login beside it are about. */
function isOfEnvironment(brokers: string): boolean {
  const { brokers: meant } = connectionFromEnvironment();
  return brokers.split(",").some((address) => meant.includes(address));
}

/** Writes what `KAFKA_SSL` and `KAFKA_SASL_*` say, which is meant for the brokers of `KAFKA_BROKERS`, into a file of one tool. */
function writeLogin(folder: string): string | undefined {
  const properties = clientProperties(connectionFromEnvironment());
  return properties === undefined ? undefined : writeForUser(
    folder,
    `client-${crypto.randomUUID()}.properties`,
    properties,
  );
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Somebody has tidied up already.
  }
}

/** Writes a file for this user only, whole at once. */
function writeForUser(folder: string, name: string, text: string): string {
  Deno.mkdirSync(folder, { recursive: true });
  const path = `${folder}/${name}`;
  const aside = `${path}.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(aside, text, { mode: 0o600 });
  Deno.renameSync(aside, path);
  return path;
}
