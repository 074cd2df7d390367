import {
  type ComposeFile,
  type ComposeService,
  readComposeFile,
} from "./compose_file.ts";
import {
  chooseServices,
  kafkaServices,
  serviceNamed,
} from "./compose_services.ts";
import type { ServiceChoice } from "./engine.ts";
import { EngineError } from "./engine_error.ts";
import type { EngineFolders } from "./engine_folders.ts";
import { type ProcessIdentity, processState } from "./process_identity.ts";
import { type LiveService, lookAtService } from "./service_process.ts";
import { serviceFolder, servicesWithFolder } from "./service_record.ts";

/** The services of one compose file on this host: what is described, and what there is of it. */
export class LocalServices {
  readonly folders: EngineFolders;
  #file: ComposeFile | undefined;

  constructor(folders: EngineFolders) {
    this.folders = folders;
  }

  /** The compose file, read when it is first asked for: what runs can be ended without it. */
  get file(): ComposeFile {
    return this.#file ??= readComposeFile(this.folders.composeFile);
  }

  /** The services of a choice, each of which must run Kafka. */
  choose(choice: ServiceChoice): ComposeService[] {
    const services = chooseServices(this.file, choice);
    const other = services.find(({ kafkaVersion }) => !kafkaVersion);
    if (other) {
      throw new EngineError(
        `Cannot run '${other.name}' without containers: it is no Kafka but ${other.image}; run it with '--engine compose'`,
      );
    }
    return services;
  }

  /** A service that must run Kafka, by its name. */
  kafkaService(name: string): ComposeService {
    const [service] = this.choose({ services: [name] });
    return service ?? serviceNamed(this.file, name);
  }

  /** The names of those chosen; without a choice, of all that have a folder. */
  chosenOrAll(choice: ServiceChoice): string[] {
    return choice.services || choice.cluster
      ? this.choose(choice).map(({ name }) => name)
      : this.withFolder();
  }

  /** The services that have a folder, whatever the file says now. */
  withFolder(): string[] {
    return servicesWithFolder(this.folders.state);
  }

  /** Where a service's things are. */
  folder(service: string): string {
    return serviceFolder(this.folders.state, service);
  }

  /** What a service is now. */
  look(service: string): LiveService {
    return lookAtService(this.folder(service));
  }

  /** Whether there is anything of a service that `down` would end. */
  isThere(service: string): boolean {
    const { record, process, preparing } = this.look(service);
    return record !== undefined || process !== undefined ||
      preparing.length > 0;
  }

  /** The process of a service that must run. */
  running(service: string, what: string): ProcessIdentity {
    const { process } = this.look(service);
    if (process) return process;
    serviceNamed(this.file, service);
    throw new EngineError(
      `Cannot ${what} '${service}': it is not running; start it with 'deno task kafka start ${service}'`,
    );
  }

  /** The running services that form a cluster with this one. */
  runningMates(service: ComposeService): ComposeService[] {
    return kafkaServices(this.file).filter(({ name, profiles }) => {
      if (name === service.name) return false;
      if (String(profiles) !== String(service.profiles)) return false;
      const { process } = this.look(name);
      return process !== undefined && processState(process) === "running";
    });
  }
}

/** Adds the services that those given depend on, and so on. */
export function withDependencies(
  file: ComposeFile,
  services: ComposeService[],
): ComposeService[] {
  const all = new Set(services);
  for (const service of all) {
    for (const name of service.dependsOn) all.add(serviceNamed(file, name));
  }
  return chooseServices(file, {
    services: [...all].map(({ name }) => name),
  });
}
