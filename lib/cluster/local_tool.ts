import { connectionFromEnvironment } from "../client/connection.ts";
import { clientProperties } from "./client_properties.ts";
import { COMPOSE_FILE } from "./compose_file.ts";
import {
  chooseServices,
  clientAddress,
  kafkaServices,
} from "./compose_services.ts";
import type { ToolOptions, ToolProcess } from "./engine.ts";
import { EngineError } from "./engine_error.ts";
import { spawnJavaTool } from "./java_tool.ts";
import { findRuntime } from "./kafka_runtime.ts";
import { withBrokers, withClientProperties } from "./kafka_tools.ts";
import type { LocalServices } from "./local_services.ts";
import { TOOLS_LOG_CONFIGURATION } from "./log_configuration.ts";
import { withToolDeadline } from "./tool_deadline.ts";

/** Starts one of Kafka's tools as a JVM of its own. */
export function spawnLocalTool(
  services: LocalServices,
  name: string,
  args: string[],
  { service, deadlineMs, onStderr }: Omit<ToolOptions, "input"> = {},
): ToolProcess {
  const { folders } = services;
  const brokers = toolBrokers(services, service);
  const tool = spawnJavaTool(findRuntime(folders), {
    name,
    args: withLogin(folders.state, name, withBrokers(name, args, brokers)),
    logConfiguration: writeForUser(
      folders.state,
      "tools-log4j2.yaml",
      TOOLS_LOG_CONFIGURATION,
    ),
    ...(onStderr ? { onStderr } : {}),
  });
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
    const address = clientAddress(services.kafkaService(service));
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

/** Adds what `KAFKA_SSL` and `KAFKA_SASL_*` say, which is meant for the brokers of `KAFKA_BROKERS`. */
function withLogin(folder: string, name: string, args: string[]): string[] {
  const properties = clientProperties(connectionFromEnvironment());
  if (properties === undefined) return args;
  const path = writeForUser(folder, "client.properties", properties);
  return withClientProperties(name, args, path);
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
