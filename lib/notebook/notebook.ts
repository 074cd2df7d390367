import process from "node:process";
import { type Consumer, Kafka, type KafkaConfig, logLevel } from "kafkajs";
import {
  type Connection,
  connectionFromEnvironment,
} from "../client/connection.ts";
import { endWaitsOnCrash } from "../client/end_waits_on_crash.ts";
import { kafkaClient } from "../client/kafka_client.ts";
import { shortLogLines } from "../client/log_line.ts";
import { pause } from "../client/interrupt.ts";
import { findBroker, NoBrokerError } from "../client/probe.ts";
import { registerCodecs } from "../log/codecs.ts";
import type { ClusterNeeds } from "../admin/cluster_needs.ts";
import {
  createTopic,
  type CreateTopicOptions,
  freshName,
} from "../admin/topic.ts";
import {
  counted,
  type NotebookClient,
  type Removal,
  RunResources,
} from "./run_resources.ts";
import { setUpKernel } from "./kernel.ts";
import { requireNeeds } from "./require_needs.ts";
import { removeStaleResources } from "./stale_resources.ts";
import { markedName, ownMark, type RunMark } from "./run_name.ts";
import { makeReopenable } from "./make_reopenable.ts";
import { makeStoppable } from "./make_stoppable.ts";
import { enterNotebook } from "./learner.ts";
import { predictionsOf } from "./prediction.ts";

// What nearly every notebook uses, so that its first cell needs one line for it.
export { claim } from "./claim.ts";
export { show } from "./display.ts";
export { exam } from "./exam.ts";
export { check } from "./exercise.ts";
export { predict } from "./prediction.ts";
export { table } from "./table.ts";

setUpKernel();

/** Which cluster a notebook uses, and what it needs there. */
export interface NotebookOptions {
  /** Addresses of brokers without TLS and login. Default: what `KAFKA_BROKERS` and its kin say. */
  brokers?: string[];
  /** What the cluster has to have, such as short sessions or share groups. Default: nothing in particular. */
  needs?: ClusterNeeds;
}

/** What a notebook works with: a client factory, and everything it must remove at its end. */
export interface Notebook {
  /**
   * KafkaJS as published, `new Kafka(kafkaConfig)`: with its defaults, its
   * limits and its defects, as the reader's own program would have it.
   */
  readonly kafka: Kafka;
  /**
   * What `kafka` was made with: where the brokers are, how to log in, the
   * client's id, and how a log line looks. For `new Kafka({ ...kafkaConfig,
   * retry })`, and for `kafkaClient(kafkaConfig)`, the mended client.
   */
  readonly kafkaConfig: KafkaConfig;
  /** Where the brokers are: `["localhost:9092"]`. */
  readonly brokers: string[];
  /**
   * Makes a fresh name for a topic or a group that the reader's own code
   * creates; it is deleted at the end.
   *
   * @param base What the name begins with.
   * @returns The name.
   */
  name(base: string): string;
  /**
   * Creates a topic with a fresh name, ready for use.
   *
   * @param base What the name begins with.
   * @param options Partitions (3 by default), replicas, settings.
   * @returns The name.
   * @throws {Error} If the cluster refuses the topic.
   * @throws {DeadlineError} If it cannot be used in time.
   */
  topic(base: string, options?: CreateTopicOptions): Promise<string>;
  /**
   * Makes a fresh name for a consumer group, which is deleted at the end.
   *
   * @param base What the name begins with.
   * @returns The name.
   */
  group(base: string): string;
  /**
   * Connects a client, has the Stop button end its calls, and disconnects it at the end.
   * A consumer that crashes for good ends the cell that waits for it.
   *
   * @param client A producer, consumer or admin client, or anything that connects likewise.
   * @returns The client.
   * @throws {Error} What its `connect()` throws.
   */
  use<T extends NotebookClient>(client: T): Promise<T>;
  /**
   * Disconnects every client, deletes every topic and group of this run, and
   * says so in one line. It ends within half a minute whatever the clients and
   * the cluster do; what could not be done has a line of its own, and can be
   * tried again.
   */
  close(): Promise<void>;
}

const openNotebooks = new Map<string, OpenNotebook>();

/**
 * Opens a notebook's connection to Kafka: finds the broker, removes what an
 * earlier run of the same notebook left behind on this computer, and hands out
 * topics, groups and clients that {@linkcode Notebook.close} removes again.
 * Opening it a second time in one kernel closes it first.
 *
 * `notebook.kafka` is KafkaJS as published. Three things are set up around it:
 * its log lines are short and begin with warnings; all four of Kafka's codecs
 * are registered ({@linkcode registerCodecs}, for every client of the kernel);
 * and `KAFKAJS_NO_PARTITIONER_WARNING`, KafkaJS's own switch, keeps it from
 * warning once more of what changed in its version 2.0. Topics, groups and
 * what earlier runs left are looked after by a client of the notebook's own.
 *
 * @param number The notebook's number: "04".
 * @param options Another cluster than the environment's, and what the notebook needs.
 * @returns The notebook.
 * @throws {TypeError} If the number does not have two digits.
 * @throws {NoBrokerError} If no broker answers, within 2 s, saying what to run.
 * @throws {MissingNeedsError} If the cluster lacks what the notebook needs, saying what to set.
 * @throws {ConnectionError} If a variable such as `KAFKA_BROKERS` has a value that cannot be meant.
 * @throws {DeadlineError} If the cluster does not say within 15 s whether it has what the notebook needs.
 * @throws {InterruptedError} If the Stop button is pressed meanwhile.
 *
 * @example Usage
 * ```ts
 * const notebook = await openNotebook("04");
 * const orders = await notebook.topic("orders", { partitions: 3 });
 * const producer = await notebook.use(notebook.kafka.producer());
 * await producer.send({ topic: orders, messages: [{ key: "order-1", value: "pizza" }] });
 * await notebook.close();
 * ```
 */
export async function openNotebook(
  number: string,
  { brokers, needs }: NotebookOptions = {},
): Promise<Notebook> {
  if (!/^\d{2}$/.test(number)) {
    throw new TypeError(
      `Cannot open a notebook as its number must have two digits, such as "04": current value is "${number}"`,
    );
  }
  const { chosen, ...surroundings } = connectionFromEnvironment();
  const connection = brokers ? { brokers, ssl: false } : surroundings;
  await findBrokerOrAdvise({ ...connection, chosen });
  for (
    const problem of (await openNotebooks.get(number)?.remove())?.problems ?? []
  ) {
    console.warn(problem);
  }
  const notebook = new OpenNotebook(number, connection);
  if (needs) await requireNeeds(notebook.ownClient, number, needs);
  registerCodecs();
  process.env.KAFKAJS_NO_PARTITIONER_WARNING ??= "1";
  enterNotebook(number);
  openNotebooks.set(number, notebook);
  await removeStaleResources(notebook.ownClient, ownMark(number));
  return notebook;
}

/** The error is for a reader who may not know where to type the command that it names. */
async function findBrokerOrAdvise(connection: Connection): Promise<void> {
  try {
    await findBroker(connection);
  } catch (error) {
    if (!(error instanceof NoBrokerError)) throw error;
    if (error.message.includes("deno task")) {
      error.message +=
        " in a terminal (VS Code: Terminal > New Terminal; JupyterLab: File > New > Terminal)," +
        " then run this cell again";
    }
    error.stack = String(error);
    throw error;
  }
}

class OpenNotebook implements Notebook {
  readonly kafkaConfig: KafkaConfig;
  readonly kafka: Kafka;
  /** Makes and deletes topics and groups, whatever happens to the client that is shown. */
  readonly ownClient: Kafka;
  readonly #number: string;
  readonly #mark: RunMark;
  readonly #resources: RunResources;
  /** What was disconnected by `close()`, and connects again when it is called. */
  readonly #closedClients = new Set<NotebookClient>();
  #isClosed = false;

  constructor(number: string, connection: Omit<Connection, "chosen">) {
    const { brokers, ssl, sasl } = connection;
    this.kafkaConfig = {
      clientId: `notebook-${number}`,
      brokers,
      ...(ssl ? { ssl } : {}),
      ...(sasl ? { sasl } : {}),
      logLevel: logLevel.WARN,
      logCreator: shortLogLines(),
    };
    this.kafka = new Kafka(this.kafkaConfig);
    this.ownClient = kafkaClient({
      ...{ clientId: `notebook-${number}-itself`, brokers, ssl },
      ...(sasl ? { sasl } : {}),
    });
    this.#number = number;
    this.#mark = ownMark(number);
    this.#resources = new RunResources(this.ownClient);
  }

  get brokers(): string[] {
    return this.kafkaConfig.brokers as string[];
  }

  name(base: string): string {
    const name = this.#freshName(base);
    this.#resources.names.add(name);
    return name;
  }

  async topic(base: string, options?: CreateTopicOptions): Promise<string> {
    const name = this.#freshName(base);
    // Noted first: a creation that times out may still happen.
    this.#resources.topics.add(name);
    await createTopic(this.ownClient, name, options);
    return name;
  }

  group(base: string): string {
    const name = this.#freshName(base);
    this.#resources.groups.add(name);
    return name;
  }

  async use<T extends NotebookClient>(client: T): Promise<T> {
    this.#stayOpen();
    this.#resources.clients.add(client);
    const { consumer = client } = client as { consumer?: unknown };
    if (isConsumer(consumer)) endWaitsOnCrash(consumer);
    makeReopenable(makeStoppable(client), () => this.#reopen(client));
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    if (this.#isClosed) {
      return console.log(`Notebook ${this.#number} is closed already.`);
    }
    const { clients, topics, groups, problems } = await this.remove();
    console.log(
      `Notebook ${this.#number} is closed: ${
        counted(clients, "client")
      } disconnected, ` +
        `${counted(topics, "topic")} and ${counted(groups, "group")} deleted.`,
    );
    const predictions = predictionsOf(this.#number);
    if (predictions !== undefined) console.log(predictions);
    for (const problem of problems) console.warn(problem);
  }

  /** Whatever fails can be tried again, by running the cell again or opening the notebook anew. */
  async remove(): Promise<Removal> {
    const before = new Set(this.#resources.clients);
    const removal = await this.#resources.remove();
    for (const client of before.difference(this.#resources.clients)) {
      this.#closedClients.add(client);
    }
    this.#isClosed = removal.problems.length === 0;
    if (this.#isClosed && openNotebooks.get(this.#number) === this) {
      openNotebooks.delete(this.#number);
    }
    return removal;
  }

  /** Connects a client that `close()` has disconnected; it is disconnected again by the next one. */
  #reopen(client: NotebookClient): Promise<void> | undefined {
    if (!this.#closedClients.delete(client)) return undefined;
    this.#stayOpen();
    this.#resources.clients.add(client);
    // KafkaJS 2.2.4 takes the end of its last socket, which may still come, for the new one's.
    return pause(100).then(() => client.connect());
  }

  #freshName(base: string): string {
    this.#stayOpen();
    return freshName(markedName(base, this.#mark));
  }

  /** A notebook that is used after its last cell has something to remove again. */
  #stayOpen(): void {
    if (!this.#isClosed) return;
    this.#isClosed = false;
    openNotebooks.set(this.#number, this);
  }
}

/** A loop of lib's has a consumer of its own. */
function isConsumer(client: unknown): client is Consumer {
  return typeof client === "object" && client !== null && "subscribe" in client;
}
