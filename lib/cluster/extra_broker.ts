import { stringify } from "yaml";
import { probeBroker } from "../client/probe.ts";
import { until } from "../client/until.ts";
import { type ComposeService, readComposeFile } from "./compose_file.ts";
import { serviceNamed } from "./compose_services.ts";
import { type EngineName, findEngine } from "./engine.ts";
import { EngineError } from "./engine_error.ts";
import { endAbandoned, endExtraBroker } from "./extra_broker_end.ts";
import {
  EXTRA_BROKER,
  extraBrokerOptions,
  extraBrokersFolder,
  writeOwner,
} from "./extra_broker_folder.ts";
import { watchOwner } from "./owner_watch.ts";
import { freePorts } from "./ports.ts";

const END_SCRIPT = new URL("extra_broker_end.ts", import.meta.url);

/** How {@linkcode extraBroker} differs from the broker of `compose.yaml`. */
export interface ExtraBrokerOptions {
  /** Kafka's `listeners`: `"OFFICE://:29092,HOME://:29093"`, all without encryption. Default: none beside its own. */
  listeners?: string;
  /** Kafka's `advertised.listeners`: what clients are told. Default: each listener on localhost. */
  advertisedListeners?: string;
  /** More settings, as the image's variables: `{ KAFKA_MESSAGE_MAX_BYTES: "2000" }`. */
  environment?: Record<string, string>;
  /** What runs it. Default: what runs the project's brokers. */
  engine?: "auto" | EngineName;
}

/** A broker beside the project's, a cluster of its own. */
export interface ExtraBroker {
  /** A listener of its own that always works: "localhost:20815". */
  readonly address: string;
  /** Starts it, and returns when it answers; named so that `notebook.use()` takes it. */
  connect(): Promise<void>;
  /** Ends it and deletes its data. */
  disconnect(): Promise<void>;
}

/**
 * Describes a broker of one's own, for experiments that the project's broker
 * must not suffer: wrong listeners, other limits. It is a cluster by itself,
 * on free ports, run by the same engine as the project's brokers, as a process
 * or in a container. It ends with `disconnect()`, and at the latest when the
 * process that started it ends, in whatever way.
 *
 * @param options Listeners and other settings.
 * @returns The broker, not yet started.
 * @throws {EngineError} From `connect()`, if Kafka refuses the settings; the message is Kafka's.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { describeCluster } from "./describe.ts";
 * import { freePorts } from "./ports.ts";
 *
 * const [door = 0, nobody = 0] = freePorts(2);
 * const broker = extraBroker({
 *   listeners: `OFFICE://:${door}`,
 *   advertisedListeners: `OFFICE://localhost:${nobody}`,
 * });
 * await broker.connect();
 *
 * const kafka = kafkaClient({ brokers: [`localhost:${door}`], ssl: false });
 * const { brokers } = await describeCluster(kafka);
 * assertEquals(brokers.map(({ port }) => port), [nobody]);
 * await broker.disconnect();
 * ```
 */
export function extraBroker(options: ExtraBrokerOptions = {}): ExtraBroker {
  const [own = 0, internal = 0, controller = 0] = freePorts(3);
  const name = `extra-broker-${crypto.randomUUID().slice(0, 8)}`;
  const folder = `${extraBrokersFolder()}/${name}`;
  let engineName: EngineName | undefined;
  let stopWatching = () => {};

  return {
    address: `localhost:${own}`,
    async connect() {
      if (engineName !== undefined) return;
      await endAbandoned();
      engineName = options.engine === "compose" || options.engine === "local"
        ? options.engine
        : (await findEngine("auto")).name;
      Deno.mkdirSync(folder, { recursive: true });
      writeOwner(folder, engineName);
      const description = describe(options, { own, internal, controller });
      Deno.writeTextFileSync(`${folder}/compose.yaml`, stringify(description));
      stopWatching = watchOwner(folder, END_SCRIPT);
      try {
        const engine = await findEngine(engineName, extraBrokerOptions(folder));
        await engine.up({ services: [EXTRA_BROKER] });
        await Promise.all([own, ...portsOf(options)].map(untilAnswered));
      } catch (error) {
        await this.disconnect();
        throw error instanceof EngineError ? withoutFile(error) : error;
      }
    },
    async disconnect() {
      if (engineName === undefined) return;
      await endExtraBroker(folder);
      stopWatching();
      engineName = undefined;
    },
  };
}

interface OwnPorts {
  own: number;
  internal: number;
  controller: number;
}

/** The project's single broker with other listeners, as a Compose file. */
function describe(options: ExtraBrokerOptions, ports: OwnPorts) {
  const { image, environment } = projectBroker();
  const { listeners = "", environment: more = {} } = options;
  const advertised = options.advertisedListeners ?? onLocalhost(listeners);
  const names = [...listeners.matchAll(/(\w+):\/\//g)].map(([, name]) => name);
  return {
    services: {
      [EXTRA_BROKER]: {
        image,
        ports: [ports.own, ...portsOf(options)]
          .map((port) => `127.0.0.1:${port}:${port}`),
        environment: {
          ...environment,
          CLUSTER_ID: clusterId(),
          KAFKA_LISTENERS: joined(
            `PLAINTEXT://:${ports.own}`,
            `INTERNAL://:${ports.internal}`,
            `CONTROLLER://:${ports.controller}`,
            listeners,
          ),
          KAFKA_ADVERTISED_LISTENERS: joined(
            `PLAINTEXT://localhost:${ports.own}`,
            `INTERNAL://${EXTRA_BROKER}:${ports.internal}`,
            advertised,
          ),
          KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: joined(
            "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            ...names.map((name) => `${name}:PLAINTEXT`),
          ),
          KAFKA_CONTROLLER_QUORUM_VOTERS:
            `1@${EXTRA_BROKER}:${ports.controller}`,
          ...more,
        },
      },
    },
  };
}

function portsOf({ listeners = "" }: ExtraBrokerOptions): number[] {
  return [...listeners.matchAll(/:(\d+)\s*(?:,|$)/g)]
    .map(([, port]) => Number(port));
}

/** A broker opens its listeners one after another, and the engine asks at one of them. */
async function untilAnswered(port: number): Promise<void> {
  const address = `127.0.0.1:${port}`;
  await until(async () => (await probeBroker(address)).kind === "kafka", {
    what: `the extra broker's listener at ${address}`,
    intervalMs: 20,
  });
}

function projectBroker(): ComposeService {
  return serviceNamed(readComposeFile(), "kafka");
}

function onLocalhost(listeners: string): string {
  return listeners.replaceAll(/:\/\/[^:,]*:/g, "://localhost:");
}

function joined(...parts: string[]): string {
  return parts.filter(Boolean).join(",");
}

/** The engine's words are for a file and a service that a person keeps; these are gone by now. */
function withoutFile({ message }: EngineError): EngineError {
  return new EngineError(
    message.replace(`'${EXTRA_BROKER}'`, "the extra broker")
      .replace(/ \(line \d+ of [^)]*\)/, "")
      .replace(/; 'deno task kafka [^']*' (?:tells more|may tell why)/, ""),
  );
}

/** A cluster's id is a UUID in 22 characters. */
function clusterId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).slice(0, 22)
    .replaceAll("+", "-").replaceAll("/", "_");
}
