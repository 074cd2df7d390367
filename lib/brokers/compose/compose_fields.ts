import { mapOf, stringOf, stringsOf } from "./compose_values.ts";
import type { YamlEntry, YamlValue } from "./yaml_entries.ts";

/** A port of a service that the host publishes. */
export interface PublishedPort {
  /** The host's address it is bound to; "0.0.0.0" where the file names none. */
  hostAddress: string;
  hostPort: number;
  containerPort: number;
}

/** A volume or folder of the host that a service sees at `target`. */
export interface VolumeMount {
  source: string;
  target: string;
}

/**
 * The variables of a service, written as a list or a mapping, and the lines they are on.
 *
 * @param entry The key `environment` of a service, if it has one.
 * @returns The values, and the line of the file on which each is written.
 * @throws {SyntaxError} If a variable is not written as one; the message begins with the line.
 */
export function environmentOf(entry: YamlEntry | undefined) {
  const values: Record<string, string> = {};
  const lines: Record<string, number> = {};
  if (entry?.value.kind === "list") {
    for (const item of entry.value.items) {
      const text = stringOf(item, "environment");
      const [, key, value] = /^([^=]+)=?(.*)$/s.exec(text) ?? [];
      if (key === undefined || value === undefined) {
        throw new SyntaxError(`line ${item.line}: '${text}' is not NAME=value`);
      }
      values[key] = text.includes("=") ? value : Deno.env.get(key) ?? "";
      lines[key] = item.line;
    }
  } else if (entry) {
    for (
      const { key, line, value } of mapOf(entry.value, "'environment'").values()
    ) {
      // As in Compose: true and "true" differ between YAML readers, so only the latter is taken.
      if (value.kind === "scalar" && typeof value.value === "boolean") {
        throw new SyntaxError(
          `line ${line}: the value of '${key}' must be a string or number: write "${value.value}" in quotes`,
        );
      }
      values[key] = value.kind === "scalar" && value.value === null
        ? Deno.env.get(key) ?? ""
        : stringOf(value, key);
      lines[key] = line;
    }
  }
  return { values, lines };
}

/**
 * A port, written as `127.0.0.1:9092:9092`.
 *
 * @param value One item of `ports`.
 * @returns The port on the host and in the container.
 * @throws {SyntaxError} If it is written in another way; the message begins with the line.
 */
export function portOf(value: YamlValue): PublishedPort {
  const text = stringOf(value, "ports");
  const [, hostAddress, hostPort, containerPort] =
    /^(?:(?:([\d.]+|\[[\da-fA-F:]+\]):)?(\d+):)?(\d+)(?:\/tcp)?$/.exec(text) ??
      [];
  if (containerPort === undefined || hostPort === undefined) {
    throw new SyntaxError(
      `line ${value.line}: the port '${text}' is not written as "127.0.0.1:9092:9092"`,
    );
  }
  return {
    hostAddress: hostAddress ?? "0.0.0.0",
    hostPort: Number(hostPort),
    containerPort: Number(containerPort),
  };
}

/**
 * A volume or folder, written as `name:/folder`.
 *
 * @param value One item of `volumes`.
 * @returns Where it comes from, and where the service sees it.
 * @throws {SyntaxError} If it is written in another way; the message begins with the line.
 */
export function volumeOf(value: YamlValue): VolumeMount {
  const text = stringOf(value, "volumes");
  const [source, target] = text.split(":");
  if (!source || !target?.startsWith("/")) {
    throw new SyntaxError(
      `line ${value.line}: the volume '${text}' is not written as "name:/folder"`,
    );
  }
  return { source, target };
}

/**
 * The services that one depends on, written as a list or with conditions.
 *
 * @param entry The key `depends_on` of a service, if it has one.
 * @returns The names of the services.
 * @throws {SyntaxError} If it is neither a list nor a mapping.
 */
export function dependenciesOf(entry: YamlEntry | undefined): string[] {
  return entry?.value.kind === "map"
    ? [...entry.value.entries.keys()]
    : stringsOf(entry);
}

/**
 * The program that a service runs, and its arguments.
 *
 * @param entry The key `command` of a service, if it has one.
 * @returns The words; none without the key.
 * @throws {SyntaxError} If it is not a list; the message begins with the line.
 */
export function commandOf(entry: YamlEntry | undefined): string[] {
  if (entry && entry.value.kind !== "list") {
    throw new SyntaxError(
      `line ${entry.line}: 'command' must be a list of words, such as [postgres, -c, wal_level=logical]`,
    );
  }
  return stringsOf(entry);
}

/**
 * A time in milliseconds, written as `1m30s`.
 *
 * @param entry A key with a time, if the service has it.
 * @returns The time in milliseconds; undefined without the key.
 * @throws {SyntaxError} If it is written in another way; the message begins with the line.
 */
export function durationOf(entry: YamlEntry | undefined): number | undefined {
  if (!entry) return undefined;
  const text = stringOf(entry.value, entry.key);
  const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m)/g)];
  if (parts.map(([part]) => part).join("") !== text || text === "") {
    throw new SyntaxError(
      `line ${entry.line}: the duration '${text}' of '${entry.key}' is not written as "20s"`,
    );
  }
  return parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0),
    0,
  );
}
