import { stringify } from "yaml";
import {
  type Address,
  formatAddress,
  parseAddress,
} from "../client/address.ts";
import { knock } from "../client/knock.ts";
import { until } from "../client/until.ts";
import {
  type ComposeService,
  readComposeFile,
} from "../brokers/compose/compose_file.ts";
import { serviceNamed } from "../brokers/compose/compose_services.ts";
import type { EngineName, ToolOptions, ToolResult } from "../brokers/engine.ts";
import { findEngine } from "../brokers/find_engine.ts";
import { EngineError } from "../brokers/engine_error.ts";
import { endAbandoned, endExtraBroker } from "./extra_broker_end.ts";
import {
  EXTRA_BROKER,
  extraBrokerOptions,
  extraBrokersFolder,
  writeOwner,
} from "./extra_broker_folder.ts";
import { runAfterExit } from "./run_after_exit.ts";
import {
  type ListenerSecurity,
  type ListenerSettings,
  listenerSettings,
} from "../brokers/listener_security.ts";
import { freePorts } from "../brokers/ports.ts";

const END_SCRIPT = new URL("extra_broker_end.ts", import.meta.url);

/** By then a listener is open that ever will be, on a busy machine, too. */
const LISTENER_MS = 30_000;

/** More than a broker logs in an experiment. */
const MOST_LINES = 20_000;

/** How {@linkcode extraBroker} differs from the broker of `compose.yaml`. */
export interface ExtraBrokerOptions {
  /**
   * Kafka's `listeners`: `"OFFICE://:29092,HOME://[::1]:29093"`. Default: those
   * that `security` names, each on a free port, or else none beside its own.
   */
  listeners?: string;
  /** Kafka's `advertised.listeners`: what clients are told. Default: each listener on localhost, or the IPv6 address that it names. */
  advertisedListeners?: string;
  /** What listeners ask of clients, by their names: TLS, certificates, logins. Default: nothing. */
  security?: Record<string, ListenerSecurity>;
  /** More settings, as the image's variables: `{ KAFKA_MESSAGE_MAX_BYTES: "2000" }`. */
  environment?: Record<string, string>;
  /**
   * What to do each time that it has started, before `connect()` returns, such as
   * to make users and topics. A broker that starts again begins without data.
   */
  prepare?: (broker: ExtraBroker) => Promise<void>;
  /** What runs it. Default: what runs the project's brokers. */
  engine?: "auto" | EngineName;
}

/** A broker beside the project's, a cluster of its own. */
export interface ExtraBroker {
  /** A listener of its own that always works: "localhost:20815". */
  readonly address: string;
  /** Where its other listeners are, by their names: "localhost:20816". */
  readonly addresses: Readonly<Record<string, string>>;
  /** Starts it, and returns when all of its listeners answer; named so that `notebook.use()` takes it. */
  connect(): Promise<void>;
  /**
   * Runs one of Kafka's own tools against it, by that listener: `engine.tool()`
   * of this broker.
   *
   * @param name The tool's script: "kafka-topics", or "topics" for short.
   * @param args Its arguments. `--bootstrap-server` is filled in where it is missing.
   * @param options What it reads on its standard input, and when it is killed: after 60 s by default.
   * @returns Its exit code, whatever that is, and all that it wrote.
   * @throws {EngineError} If the broker is not running, there is no such tool, or the tool's time is over.
   */
  tool(
    name: string,
    args: string[],
    options?: Omit<ToolOptions, "service">,
  ): Promise<ToolResult>;
  /**
   * Looks up its process, for what only this host can do with it, such as `recordFlight()`.
   *
   * @returns The process id; undefined in a container, or while it does not run.
   */
  processId(): Promise<number | undefined>;
  /**
   * Reads its log, to its latest line: what it refused, and why, is in there.
   *
   * @returns The log; of a long one its last 2 MB.
   * @throws {EngineError} If the broker is not running.
   */
  log(): Promise<string>;
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
 * The address of its own has no encryption and no login, whatever its other
 * listeners ask for: a broker with an authorizer needs `User:ANONYMOUS` among
 * `KAFKA_SUPER_USERS`.
 *
 * @param given Listeners and other settings.
 * @returns The broker, not yet started.
 * @throws {EngineError} From `connect()`, if Kafka refuses the settings; the message is Kafka's.
 * @throws {DeadlineError} From `connect()`, if one of its listeners does not answer.
 *
 * @example A listener with TLS and a login
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { certificateAuthority } from "../brokers/certificates.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * const authority = await certificateAuthority("Kitchen");
 * const broker = extraBroker({
 *   security: {
 *     OFFICE: {
 *       tls: await authority.issue("broker"),
 *       login: { plain: { alice: "alice-secret" } },
 *     },
 *   },
 * });
 * await broker.connect();
 *
 * const admin = kafkaClient({
 *   brokers: [broker.addresses.OFFICE!],
 *   ssl: { ca: [authority.certificate] },
 *   sasl: { mechanism: "plain", username: "alice", password: "alice-secret" },
 * }).admin();
 * await admin.connect();
 * assertEquals(await admin.listTopics(), []);
 * await admin.disconnect();
 * await broker.disconnect();
 * ```
 *
 * @example A listener that advertises a wrong address
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { describeCluster } from "../admin/describe.ts";
 * import { freePorts } from "../brokers/ports.ts";
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
export function extraBroker(given: ExtraBrokerOptions = {}): ExtraBroker {
  const options = {
    ...given,
    listeners: given.listeners ?? onFreePorts(given),
  };
  const [own = 0, internal = 0, controller = 0] = freePorts(3);
  const name = `extra-broker-${crypto.randomUUID().slice(0, 8)}`;
  const folder = `${extraBrokersFolder()}/${name}`;
  let engineName: EngineName | undefined;
  let starting: Promise<void> | undefined;
  let stopWatching = () => {};

  const start = async () => {
    await endAbandoned();
    engineName = options.engine === "compose" || options.engine === "local"
      ? options.engine
      : (await findEngine("auto")).name;
    Deno.mkdirSync(folder, { recursive: true });
    writeOwner(folder, engineName);
    const description = describe(options, { own, internal, controller });
    Deno.writeTextFileSync(`${folder}/compose.yaml`, stringify(description));
    stopWatching = runAfterExit(folder, END_SCRIPT);
    try {
      for (const { login } of Object.values(options.security ?? {})) {
        await login?.tokens?.ready?.();
      }
      const engine = await findEngine(engineName, extraBrokerOptions(folder));
      await engine.up({ services: [EXTRA_BROKER] });
      await Promise.all(
        listenersOf(description.services[EXTRA_BROKER]!.environment)
          .map(untilAnswered),
      );
      await options.prepare?.(broker);
    } catch (error) {
      await broker.disconnect();
      throw error instanceof EngineError ? withoutFile(error) : error;
    }
  };

  const broker: ExtraBroker = {
    address: `localhost:${own}`,
    addresses: Object.fromEntries(
      readListeners(options.listeners)
        .map(({ name, port }) => [name, `localhost:${port}`]),
    ),
    // Of two calls, the second one waits for the first one's broker.
    connect() {
      return starting ??= start().catch((error) => {
        starting = undefined;
        throw error;
      });
    },
    async tool(name, args, toolOptions = {}) {
      if (engineName === undefined) {
        throw new EngineError(
          `Cannot run ${name} against the extra broker as it is not running: await its connect() first`,
        );
      }
      const engine = await findEngine(engineName, extraBrokerOptions(folder));
      return await engine.tool(name, args, {
        ...toolOptions,
        service: EXTRA_BROKER,
      });
    },
    async processId() {
      if (engineName === undefined) return undefined;
      const engine = await findEngine(engineName, extraBrokerOptions(folder));
      const [status] = await engine.status({ services: [EXTRA_BROKER] });
      return status?.pid;
    },
    async log() {
      if (engineName === undefined) {
        throw new EngineError(
          "Cannot read the extra broker's log as it is not running: await its connect() first",
        );
      }
      const engine = await findEngine(engineName, extraBrokerOptions(folder));
      return await engine.logs(EXTRA_BROKER, { lines: MOST_LINES });
    },
    async disconnect() {
      starting = undefined;
      if (engineName === undefined) return;
      await endExtraBroker(folder);
      stopWatching();
      engineName = undefined;
    },
  };
  // A notebook wraps the methods of what it is given; those that prepare() calls stay as they are.
  return { ...broker };
}

/** A listener for each kind of security, where nobody cares for the ports. */
function onFreePorts({ security = {} }: ExtraBrokerOptions): string {
  const names = Object.keys(security);
  const ports = freePorts(names.length);
  return names.map((name, index) => `${name}://:${ports[index]}`).join();
}

interface OwnPorts {
  own: number;
  internal: number;
  controller: number;
}

/** The project's single broker with other listeners, as a Compose file. */
function describe(options: ExtraBrokerOptions, ports: OwnPorts) {
  const { image, environment } = projectBroker();
  const { listeners = "", environment: more = {}, security = {} } = options;
  const named = readListeners(listeners);
  const secured = named.map(({ name }) => ({
    name,
    ...listenerSettings(name, security[name] ?? {}),
  }));
  checkSecurity(security, named);
  const variables: Record<string, string> = {
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
      options.advertisedListeners ?? advertise(named),
    ),
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: joined(
      "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
      ...secured.map(({ name, protocol }) => `${name}:${protocol}`),
    ),
    KAFKA_CONTROLLER_QUORUM_VOTERS: `1@${EXTRA_BROKER}:${ports.controller}`,
    ...Object.assign({}, ...secured.map(({ environment }) => environment)),
    ...jvmOptions(secured),
    // Kafka's image may log less of these, which say what an authorizer has refused.
    KAFKA_LOG4J_LOGGERS: "kafka.authorizer.logger=INFO",
    ...more,
  };
  return {
    services: {
      [EXTRA_BROKER]: {
        image,
        ports: [ports.own, ...named.map(({ port }) => port)]
          .map((port) => `127.0.0.1:${port}:${port}`),
        // In a Compose file, a single dollar sign begins a variable.
        environment: Object.fromEntries(
          Object.entries(variables)
            .map(([name, value]) => [name, value.replaceAll("$", "$$$$")]),
        ),
      },
    },
  };
}

function jvmOptions(
  listeners: Pick<ListenerSettings, "systemProperties">[],
): Record<string, string> {
  const properties = Object.entries(
    Object.assign({}, ...listeners.map((each) => each.systemProperties)),
  );
  if (properties.length === 0) return {};
  return {
    KAFKA_OPTS: properties.map(([name, value]) => `-D${name}=${value}`)
      .join(" "),
  };
}

interface Listener extends Address {
  name: string;
}

/** A listener without a host, `OFFICE://:29092`, is on all of the machine's addresses. */
function readListeners(list: string): Listener[] {
  return list.split(",").map((text) => text.trim()).filter(Boolean)
    .map((text) => {
      const [, name = "", place = ""] = /^(\w+):\/\/(.*)$/.exec(text) ?? [];
      const address = parseAddress(
        place.startsWith(":") ? `localhost${place}` : place,
      );
      if (name && address) return { name, ...address };
      throw new EngineError(
        `Cannot describe an extra broker as its listener '${text}' is not written as NAME://:port or NAME://host:port`,
      );
    });
}

function checkSecurity(
  security: Record<string, ListenerSecurity>,
  listeners: Listener[],
): void {
  const names = listeners.map(({ name }) => name);
  const unknown = Object.keys(security).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new EngineError(
    `Cannot secure the extra broker's listener '${unknown}' as there is none of that name: it has ${
      names.join(", ") || "none of its own names"
    }`,
  );
}

/** Whether a host is an IPv6 address, and not all of them. */
function isOneIpv6(host: string): boolean {
  return host.includes(":") && host !== "::";
}

function advertise(listeners: Listener[]): string {
  return listeners.map(({ name, host, port }) =>
    `${name}://${
      formatAddress({ host: isOneIpv6(host) ? host : "localhost", port })
    }`
  ).join(",");
}

/** The listeners for clients as they were written in the end, and how each of them is asked. */
function listenersOf(environment: Record<string, string>) {
  const protocols = new Map(
    (environment.KAFKA_LISTENER_SECURITY_PROTOCOL_MAP ?? "").split(",")
      .map((pair) => pair.trim().split(":") as [string, string]),
  );
  return readListeners(environment.KAFKA_LISTENERS ?? "")
    .filter(({ name }) => !["INTERNAL", "CONTROLLER"].includes(name))
    .map((listener) => ({
      ...listener,
      protocol: protocols.get(listener.name) ?? "PLAINTEXT",
    }));
}

/**
 * A broker opens its listeners one after another, and the engine asks at one
 * of them. Each is asked in its own way, but for a login: who waits for the
 * broker may have none.
 */
async function untilAnswered(
  { name, host, port, protocol }: Listener & { protocol: string },
): Promise<void> {
  const at = { host: isOneIpv6(host) ? host : "127.0.0.1", port };
  const isTls = protocol.endsWith("SSL");
  let last = "";
  await until(async () => {
    const { kind, finding } = await knock(at, {
      ssl: isTls ? { rejectUnauthorized: false } : false,
      hasLogin: true,
      timeoutMs: 2_000,
    });
    last = finding;
    // One that asks for a client's certificate is there, too.
    return kind === "kafka" || kind === "certificate";
  }, {
    what: () =>
      `the extra broker's listener ${name} at ${formatAddress(at)}: ${last}`,
    deadlineMs: LISTENER_MS,
    intervalMs: 20,
  });
}

function projectBroker(): ComposeService {
  return serviceNamed(readComposeFile(), "kafka");
}

function joined(...parts: string[]): string {
  return parts.filter(Boolean).join(",");
}

/** The engine's words are for a file and a service that a person keeps; these are gone by now. */
function withoutFile({ message }: EngineError): EngineError {
  return new EngineError(
    message.replace(`'${EXTRA_BROKER}'`, "the extra broker")
      .replace(/ \(line \d+ of [^)]*\)/, "")
      .replace(
        /; '[^']*deno task kafka [^']*' (?:tells more|may tell why)/,
        "",
      ),
  );
}

/** A cluster's id is a UUID in 22 characters. */
function clusterId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).slice(0, 22)
    .replaceAll("+", "-").replaceAll("/", "_");
}
