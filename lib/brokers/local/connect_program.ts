import type { ComposeFile, ComposeService } from "../compose/compose_file.ts";
import { hostFolderOf, publishedAddress } from "../compose/compose_services.ts";
import { connectAnswers } from "../connect_probe.ts";
import { layOutPlugins } from "../jars/connect_plugins.ts";
import type { MoreJars } from "../jars/more_jars.ts";
import { CONNECT_CLASS, processMark } from "../process_mark.ts";
import { jvmOptionsOf, onThisHost } from "./host_configuration.ts";
import {
  javaArguments,
  javaEnvironment,
  type KafkaRuntime,
} from "./kafka_runtime.ts";
import { fileUrl, LOG_CONFIGURATION } from "./log_configuration.ts";
import type { ServiceProgram } from "./service_program.ts";

/** Without a line for each request, such as those that ask whether it is ready. */
const QUIET_LOG = `${LOG_CONFIGURATION}    Logger:
      - name: "org.apache.kafka.connect.runtime.rest.RestServer"
        level: "WARN"
`;

/** The jars, and what they run on. */
export interface ConnectRuntime {
  runtime: KafkaRuntime;
  jars: Pick<MoreJars, "files">;
}

/**
 * A worker of Kafka Connect as a service of this host: the class of the
 * broker's own jars, with the settings that the service's `CONNECT_*`
 * variables name.
 *
 * @param file The file, for the names of all services.
 * @param service The service.
 * @param folder The service's folder on this host.
 * @param connect The jars, and what they run on.
 * @returns What to start.
 * @throws {EngineError} If the service publishes no port.
 */
export function connectProgram(
  file: ComposeFile,
  service: ComposeService,
  folder: string,
  { runtime, jars }: ConnectRuntime,
): ServiceProgram {
  const address = publishedAddress(service);
  const config = `${folder}/config`;
  return {
    ...{ service, folder, address, role: "connect" },
    environment: javaEnvironment(),
    command: [
      runtime.java.path,
      ...javaArguments(runtime, {
        options: [
          ...jvmOptionsOf(service.environment),
          processMark(folder),
          `-Dkafka.logs.dir=${folder}/log`,
          `-Dlog4j2.configurationFile=${fileUrl(`${config}/log4j2.yaml`)}`,
        ],
        mainClass: CONNECT_CLASS,
        args: [`${config}/connect.properties`],
      }),
    ],
    prepare() {
      for (const volume of service.volumes) {
        const plugins = hostFolderOf(file, volume);
        if (plugins !== undefined) layOutPlugins(plugins, jars);
      }
      Deno.mkdirSync(config, { recursive: true });
      Deno.writeTextFileSync(`${config}/log4j2.yaml`, QUIET_LOG);
      Deno.writeTextFileSync(
        `${config}/connect.properties`,
        propertiesOf(file, service),
      );
      return Promise.resolve(undefined);
    },
    answers: () => connectAnswers(address),
  };
}

/** The worker's properties file: `CONNECT_GROUP_ID` becomes `group.id`, as the service's command does it in a container. */
function propertiesOf(
  file: ComposeFile,
  { environment, volumes }: ComposeService,
): string {
  const names = file.services.map(({ name }) => name);
  const folders = new Map(
    volumes.map((volume) => [volume.target, hostFolderOf(file, volume)]),
  );
  return Object.entries(environment)
    .filter(([key]) => key.startsWith("CONNECT_"))
    .map(([key, value]) => {
      const setting = key.slice("CONNECT_".length).toLowerCase()
        .replaceAll("_", ".");
      return `${setting}=${
        folders.get(value) ?? onThisHost(value, names, setting)
      }\n`;
    }).join("");
}
