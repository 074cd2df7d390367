import { ownCommand } from "../../client/own_command.ts";
import {
  type ComposeFile,
  type ComposeService,
  readComposeFile,
} from "../compose/compose_file.ts";
import {
  chooseServices,
  kafkaServices,
  serviceNamed,
} from "../compose/compose_services.ts";
import type { ServiceChoice } from "../engine.ts";
import { EngineError } from "../engine_error.ts";
import type { EngineFolders } from "../engine_folders.ts";
import { type ProcessIdentity, processState } from "../process_identity.ts";
import { type LiveService, lookAtService } from "./live_service.ts";
import { serviceFolder, servicesWithFolder } from "./service_record.ts";

/** The services of one compose file on this host: what is described, and what there is of it. */
export class LocalServices {
  /** Where the Compose file, the services' things, Java and the jars are. */
  readonly folders: EngineFolders;
  #file: ComposeFile | undefined;

  /**
   * Notes where to look; nothing is read yet.
   *
   * @param folders The Compose file, and the folders of what is run.
   */
  constructor(folders: EngineFolders) {
    this.folders = folders;
  }

  /**
   * The compose file, read when it is first asked for: what runs can be ended
   * without it.
   *
   * @throws {EngineError} If it is missing or malformed.
   */
  get file(): ComposeFile {
    return this.#file ??= readComposeFile(this.folders.composeFile);
  }

  /**
   * Finds the services of a choice, each of which must run without containers.
   *
   * @param choice The services by name, or those of the profile `cluster`. Default: those without a profile.
   * @returns The services, at least one, a controller before the brokers.
   * @throws {EngineError} If there is no such service, it needs a container, or the file cannot be read.
   */
  choose(choice: ServiceChoice): ComposeService[] {
    const services = chooseServices(this.file, choice);
    const other = services.find(({ kind }) => kind === "other");
    if (other) {
      throw new EngineError(
        `Cannot run '${other.name}' without containers: it is no Kafka, Connect or PostgreSQL but ${other.image}; run it with '--engine compose'`,
      );
    }
    return services;
  }

  /**
   * Finds a service that must run without containers.
   *
   * @param name The service's name.
   * @returns The service, as the file describes it.
   * @throws {EngineError} If there is no such service, it needs a container, or the file cannot be read.
   */
  ownService(name: string): ComposeService {
    const [service] = this.choose({ services: [name] });
    return service ?? serviceNamed(this.file, name);
  }

  /**
   * Finds the services that are to be ended.
   *
   * @param choice The services by name, or those of the profile `cluster`. Default: all that have a folder.
   * @returns Their names.
   * @throws {EngineError} If a service is chosen that does not exist or needs a container, or the file cannot be
   * read. Without a choice it is not read.
   */
  chosenOrAll(choice: ServiceChoice): string[] {
    return choice.services || choice.cluster
      ? this.choose(choice).map(({ name }) => name)
      : this.withFolder();
  }

  /**
   * Lists the services that have a folder, whatever the file says now.
   *
   * @returns Their names, sorted.
   */
  withFolder(): string[] {
    return servicesWithFolder(this.folders.state);
  }

  /**
   * Where a service's things are: its data, configuration, log and record.
   *
   * @param service The service's name.
   * @returns The path of its folder, which need not exist.
   */
  folder(service: string): string {
    return serviceFolder(this.folders.state, service);
  }

  /**
   * Looks at what there is of a service.
   *
   * @param service The service's name, which the file need not have any more.
   * @returns Its record, its process, and the JVMs that only prepare it.
   */
  look(service: string): LiveService {
    return lookAtService(this.folder(service));
  }

  /**
   * Whether there is anything of a service that `down` would end.
   *
   * @param service The service's name, which the file need not have any more.
   * @returns True also if only its record is left.
   */
  isThere(service: string): boolean {
    const { record, process, preparing } = this.look(service);
    return record !== undefined || process !== undefined ||
      preparing.length > 0;
  }

  /**
   * Finds the process of a service that must run.
   *
   * @param service The service's name.
   * @param what What is to be done with it, as the error says: "freeze".
   * @returns Its process, which may be frozen.
   * @throws {EngineError} If it is not running, or there is no such service.
   */
  requireRunning(service: string, what: string): ProcessIdentity {
    const { process } = this.look(service);
    if (process) return process;
    serviceNamed(this.file, service);
    throw new EngineError(
      `Cannot ${what} '${service}': it is not running; start it with '${
        ownCommand(`kafka start ${service}`)
      }'`,
    );
  }

  /**
   * Finds the running services that form a cluster with one: those of the same
   * profiles.
   *
   * @param service The service.
   * @returns The others, without those that are frozen.
   */
  runningMates(service: ComposeService): ComposeService[] {
    return kafkaServices(this.file).filter(({ name, profiles }) => {
      if (name === service.name) return false;
      if (String(profiles) !== String(service.profiles)) return false;
      const { process } = this.look(name);
      return process !== undefined && processState(process) === "running";
    });
  }
}
