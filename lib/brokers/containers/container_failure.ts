import { ownCommand } from "../../client/own_command.ts";
import { failureIn } from "../broker_log.ts";
import type { ComposeService } from "../compose/compose_file.ts";
import { type CommandResult, lastLine } from "./container_cli.ts";
import { isPortFree, portOwner } from "../ports.ts";

/**
 * Says in one sentence which published port of some services is taken, and by
 * whom. Asked before anything is started, so that nothing is left half started.
 *
 * @param services The services that are to be started.
 * @returns The sentence, or undefined if all ports are free.
 *
 * @example Usage
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { parseComposeFile } from "../compose/compose_file.ts";
 * import { chooseServices } from "../compose/compose_services.ts";
 *
 * using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const file = parseComposeFile(`
 * services:
 *   kafka:
 *     image: apache/kafka:4.3.1
 *     ports: ["127.0.0.1:${other.addr.port}:9092"]
 * `);
 *
 * assertMatch(takenPort(chooseServices(file)) ?? "", /Cannot start 'kafka': port \d+ is in use/);
 * ```
 */
export function takenPort(services: ComposeService[]): string | undefined {
  for (const { name, ports } of services) {
    const taken = ports.find(({ hostPort }) => !isPortFree(hostPort));
    if (taken) return portInUse(`'${name}'`, taken.hostPort);
  }
  return undefined;
}

/**
 * Says in one sentence why Compose did not start some services.
 *
 * @param services The services that were to be started.
 * @param result What Compose left behind.
 * @returns The sentence.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const stderr = "Creating kafka ... error\nservices.kafka.image must be a string\n";
 *
 * assertEquals(
 *   composeFailure(["kafka"], { code: 1, stdout: "", stderr, late: false }),
 *   "Cannot start 'kafka': Compose ended with code 1 (services.kafka.image must be a string)",
 * );
 * ```
 */
export function composeFailure(
  services: string[],
  { code, stderr, late }: CommandResult,
): string {
  const names = services.map((name) => `'${name}'`).join(", ");
  const [, port] =
    /:(\d+)\b.*(?:address already in use|port is already allocated)/.exec(
      stderr,
    ) ?? [];
  if (port) return portInUse(names, Number(port));
  return late
    ? `Cannot start ${names}: Compose did not end in time; restart Docker or Podman`
    : `Cannot start ${names}: Compose ended with code ${code} (${
      lastLine(stderr)
    })`;
}

function portInUse(names: string, port: number): string {
  return `Cannot start ${names}: port ${port} is in use by ${
    portOwner(port) ?? "a process that this user may not see"
  }; end that process ('${
    ownCommand("kafka down --engine local")
  }' if it is a broker without container), or change the port in compose.yaml`;
}

/**
 * Says why a container ended: the error in its log, or else the log's last line.
 *
 * @param log The end of the log.
 * @returns The reason, as a clause.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   reasonInLog("Starting\nsh: java: not found\n"),
 *   "the last line of its log is 'sh: java: not found'",
 * );
 * ```
 */
export function reasonInLog(log: string): string {
  return failureIn(log) ?? `the last line of its log is '${lastLine(log)}'`;
}
