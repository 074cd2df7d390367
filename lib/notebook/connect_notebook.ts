import process from "node:process";
import type { Kafka } from "kafkajs";
import { withAdmin } from "../admin/with_admin.ts";
import { deleteTopic } from "../admin/topic.ts";
import { kafkaClient } from "../client/kafka_client.ts";
import { readComposeFile } from "../brokers/compose/compose_file.ts";
import {
  clientAddress,
  publishedAddress,
  serviceNamed,
} from "../brokers/compose/compose_services.ts";
import {
  type ConnectorConfig,
  connectorNames,
  type ConnectorStatus,
  connectorStatus,
  deleteConnector,
  putConnector,
  restartConnector,
  resumeConnector,
  stopConnector,
  untilConnectorFails,
  untilConnectorRuns,
} from "../brokers/connectors.ts";
import { databaseUrl, serviceDatabaseUrl } from "../brokers/databases.ts";
import { withContainerAddresses } from "../brokers/containers/container_addresses.ts";
import { dropSlot } from "../brokers/slots.ts";
import type { EngineName } from "../brokers/engine.ts";
import { EngineError } from "../brokers/engine_error.ts";
import type { Notebook } from "./notebook.ts";
import { type OwnService, ownService } from "./own_service.ts";
import { namesOfDeadRuns, ownMark, readMark } from "./run_name.ts";

/** A connector of a notebook's run. */
export interface NotebookConnector {
  /** Its fresh name. */
  readonly name: string;
  /**
   * Asks what it is doing.
   *
   * @returns Its state, and that of its tasks.
   */
  status(): Promise<ConnectorStatus>;
  /** Waits until it and its tasks run; throws why it failed if it does. */
  untilRunning(): Promise<void>;
  /**
   * Waits until it or a task of it has failed.
   *
   * @returns Why, in one line.
   */
  untilFailed(): Promise<string>;
  /** Ends its tasks; its settings and its position stay. */
  stop(): Promise<void>;
  /** Lets it go on after `stop()`, and waits until it runs. */
  resume(): Promise<void>;
  /** Starts it anew after a failure, and waits until it runs. */
  restart(): Promise<void>;
  /** Deletes it, its replication slot, and the topics that it has made. */
  delete(): Promise<void>;
}

/** A worker of Kafka Connect, and the connectors of a notebook's run. */
export interface NotebookConnect extends OwnService {
  /** The worker's REST interface: "http://127.0.0.1:8083". */
  readonly url: string;
  /** The cluster to which the worker writes: `["localhost:9092"]`, the single broker of `compose.yaml`. */
  readonly brokers: string[];
  /**
   * Makes a connector with a fresh name, and waits until it runs.
   *
   * @param base What the name begins with.
   * @param config Its settings, with the brokers' addresses as clients of this host know them.
   * @returns The connector.
   * @throws {EngineError} If Connect refuses the settings, or the connector fails; the message says why.
   */
  put(base: string, config: ConnectorConfig): Promise<NotebookConnector>;
}

/** Which worker {@linkcode openConnect} opens. */
export interface ConnectOptions {
  /**
   * Whether the worker runs every source connector in transactions, with
   * `exactly.once.source.support` enabled. Default: false, as Connect's own.
   */
  exactlyOnce?: boolean;
}

/**
 * Opens Kafka Connect for one run of a notebook: starts the worker if it does
 * not run, repairs what an earlier run has left broken, and deletes that run's
 * connectors. The notebook's `close()` deletes those of this run, with their
 * replication slots, with the topics whose names hold their `topic.prefix` or
 * the alias of the cluster that they mirror, and with the groups that they mirror.
 *
 * @param notebook The notebook.
 * @param options Whether the worker is to run source connectors in transactions.
 * @returns The worker.
 * @throws {EngineUnavailableError} If nothing on this machine can run it.
 * @throws {EngineError} If it cannot be started; the message says why and what to do.
 * @throws {DeadlineError} If it does not answer in time.
 * @throws {InterruptedError} If the Stop button is pressed meanwhile.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * const connect = await openConnect(notebook);
 * const outbox = await connect.put("outbox", { ...database.settings, ...settings });
 * await connect.kill();
 * await connect.start();
 * ```
 */
export async function openConnect(
  notebook: Notebook,
  { exactlyOnce = false }: ConnectOptions = {},
): Promise<NotebookConnect> {
  const serviceName = exactlyOnce ? "connect-exactly-once" : "connect";
  const { service, engine } = await ownService(serviceName);
  const file = readComposeFile();
  const url = `http://${publishedAddress(serviceNamed(file, serviceName))}`;
  const server = process.env.DATABASE_URL ?? serviceDatabaseUrl(file);
  const brokers = [clientAddress(serviceNamed(file, "kafka"))!];
  const kafka = kafkaClient({ brokers });
  const { notebook: number } = readMark(notebook.name("connect"))!;
  const remove = (name: string) =>
    removeConnector({ url, server, kafka }, name);
  for (
    const name of namesOfDeadRuns(await connectorNames(url), ownMark(number))
  ) await remove(name);
  const seenBy = (engineName: EngineName, config: ConnectorConfig) =>
    engineName === "local" ? config : Object.fromEntries(
      Object.entries(config)
        .map(([key, value]) => [key, withContainerAddresses(file, value)]),
    );
  const names = new Set<string>();
  await notebook.use({
    connect: () => Promise.resolve(),
    async disconnect() {
      if (names.size === 0) return;
      const [status] = await engine.status({ services: [serviceName] });
      if (status?.state === "frozen") await service.thaw();
      else if (status?.state !== "running") {
        throw new EngineError(
          `The service ${serviceName} does not run, and would go on with ${
            [...names].join(", ")
          }: start it, then run this cell again`,
        );
      }
      for (const name of names) {
        await remove(name);
        names.delete(name);
      }
    },
  });
  return {
    ...service,
    url,
    brokers,
    async put(base, config) {
      const name = notebook.name(base);
      names.add(name);
      await putConnector(url, name, seenBy(engine.name, config));
      return {
        name,
        async status() {
          const status = await connectorStatus(url, name);
          if (status) return status;
          throw new EngineError(
            `Cannot tell the state of the connector ${name}: it is deleted`,
          );
        },
        untilRunning: () => untilConnectorRuns(url, name),
        untilFailed: () => untilConnectorFails(url, name),
        stop: () => stopConnector(url, name),
        resume: () => resumeConnector(url, name),
        restart: () => restartConnector(url, name),
        async delete() {
          await remove(name);
          names.delete(name);
        },
      };
    },
  };
}

/** Where a connector is, and where it leaves things. */
interface Places {
  url: string;
  /** The address of a database of the server that holds its slot. */
  server: string;
  kafka: Kafka;
}

/** Deletes a connector and what it leaves: a slot, topics, and the group of one that writes elsewhere. */
async function removeConnector(
  { url, server, kafka }: Places,
  name: string,
): Promise<void> {
  const config = await deleteConnector(url, name);
  const slot = config?.["slot.name"] ??
    // Debezium's own default.
    (config?.["database.dbname"] ? "debezium" : undefined);
  if (config && slot) {
    const database = databaseUrl(server, config["database.dbname"] ?? "");
    await dropSlot(database, slot).catch((error) => {
      // With its database, which an earlier cleaning has dropped, it is gone.
      if (!/does not exist/.test(error.message)) throw error;
    });
  }
  // MirrorMaker puts the alias of the cluster that it copies before the names of its topics.
  const prefix = config?.["topic.prefix"] ?? config?.["source.cluster.alias"];
  const mirrored = (config?.groups ?? "").split(",").filter(readMark);
  await withAdmin(kafka, async (admin) => {
    if (prefix !== undefined && readMark(prefix)) {
      const topics = (await admin.listTopics())
        .filter((topic) => topic.includes(prefix));
      if (topics.length > 0) await deleteTopic(kafka, topics);
    }
    for (const group of [`connect-${name}`, ...mirrored]) {
      await admin.deleteGroups([group]).catch(() => {});
    }
  });
}
