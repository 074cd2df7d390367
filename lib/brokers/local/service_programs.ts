import type { ComposeService } from "../compose/compose_file.ts";
import type { MoreJars } from "../jars/more_jars.ts";
import { connectProgram } from "./connect_program.ts";
import type { KafkaRuntime } from "./kafka_runtime.ts";
import type { LocalServices } from "./local_services.ts";
import { postgresBinaries } from "./postgres_binaries.ts";
import { postgresProgram } from "./postgres_program.ts";
import { postgresUser } from "./postgres_user.ts";
import type { ServiceProgram } from "./service_program.ts";

/** What {@linkcode serviceProgram} needs to know. */
export interface ProgramNeeds {
  runtime: KafkaRuntime;
  /** The jars that `moreJars()` has fetched. */
  jars: Pick<MoreJars, "files">;
  onProgress: (line: string) => void;
}

/**
 * What a service beside the brokers runs on this host.
 *
 * @param services The services of the compose file.
 * @param service The service: a worker of Connect, or PostgreSQL.
 * @param needs Java, the jars, and who hears of each step.
 * @returns What to start.
 * @throws {EngineError} If its programs are not to be had here, or nobody may run them.
 */
export async function serviceProgram(
  services: LocalServices,
  service: ComposeService,
  { runtime, jars, onProgress }: ProgramNeeds,
): Promise<ServiceProgram> {
  const folder = services.folder(service.name);
  if (service.kind === "connect") {
    return connectProgram(services.file, service, folder, { runtime, jars });
  }
  Deno.mkdirSync(folder, { recursive: true });
  const binaries = await postgresBinaries(services.folders, jars, onProgress);
  const user = await postgresUser(`${binaries.bin}/postgres`, folder);
  return postgresProgram(service, folder, binaries, user);
}
