import type { Kafka } from "kafkajs";
import {
  type Connection,
  connectionFromEnvironment,
} from "../client/connection.ts";
import { kafkaClient } from "../client/kafka_client.ts";
import { findBroker, NoBrokerError } from "../client/probe.ts";
import {
  createTopic,
  type CreateTopicOptions,
  freshName,
} from "../client/topic.ts";
import {
  Belongings,
  counted,
  type NotebookClient,
  type Removal,
} from "./belongings.ts";
import { activateKernelManners } from "./kernel.ts";
import { removeLeftovers } from "./leftovers.ts";
import { markedName, ownMark, type RunMark } from "./run_name.ts";
import { stoppable } from "./stoppable.ts";

// What nearly every notebook uses, so that its first cell needs one line for it.
export { claim } from "./claim.ts";
export { show } from "./display.ts";
export { check } from "./exercise.ts";
export { logPicture } from "./log_picture.ts";
export { table } from "./table.ts";

activateKernelManners();

/** Which cluster a notebook uses. */
export interface NotebookOptions {
  /** Addresses of brokers without TLS and login. Default: what `KAFKA_BROKERS` and its kin say. */
  brokers?: string[];
}

/** What a notebook works with: a client factory, and everything it must remove at its end. */
export interface Notebook {
  /** KafkaJS, set up for the cluster that this notebook uses. */
  readonly kafka: Kafka;
  /** Creates a topic with a fresh name, ready for use, and returns the name. */
  topic(base: string, options?: CreateTopicOptions): Promise<string>;
  /** Returns a fresh name for a consumer group. */
  group(base: string): string;
  /** Connects a client, and disconnects it at the end. */
  use<T extends NotebookClient>(client: T): Promise<T>;
  /** Disconnects every client, deletes every topic and group of this run, and says so in one line. */
  close(): Promise<void>;
}

const openNotebooks = new Map<string, OpenNotebook>();

/**
 * Opens a notebook's connection to Kafka: finds the broker, removes what an
 * earlier run of the same notebook left behind on this computer, and hands out
 * topics, groups and clients that {@linkcode Notebook.close} removes again.
 * Opening it a second time in one kernel closes it first.
 *
 * @param number The notebook's number: "04".
 * @param options Another cluster than the environment's.
 * @returns The notebook.
 * @throws {Error} If no broker answers, within 2 s, saying what to run.
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
  { brokers }: NotebookOptions = {},
): Promise<Notebook> {
  if (!/^\d{2}$/.test(number)) {
    throw new TypeError(
      `Cannot open a notebook as its number must have two digits, such as "04": current value is "${number}"`,
    );
  }
  const cluster = brokers ? { brokers, ssl: false, sasl: undefined } : {};
  await findBrokerOrAdvise({ ...connectionFromEnvironment(), ...cluster });
  for (
    const problem of (await openNotebooks.get(number)?.remove())?.problems ?? []
  ) {
    console.warn(problem);
  }
  const notebook = new OpenNotebook(
    number,
    kafkaClient({ clientId: `notebook-${number}`, ...cluster }),
  );
  openNotebooks.set(number, notebook);
  await removeLeftovers(notebook.kafka, ownMark(number));
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
  readonly kafka: Kafka;
  readonly #number: string;
  readonly #mark: RunMark;
  readonly #belongings: Belongings;
  #closed = false;

  constructor(number: string, kafka: Kafka) {
    this.kafka = kafka;
    this.#number = number;
    this.#mark = ownMark(number);
    this.#belongings = new Belongings(kafka);
  }

  async topic(base: string, options?: CreateTopicOptions): Promise<string> {
    const name = freshName(markedName(base, this.#mark));
    // Noted first: a creation that times out may still happen.
    this.#belongings.topics.add(name);
    await createTopic(this.kafka, name, options);
    return name;
  }

  group(base: string): string {
    const name = freshName(markedName(base, this.#mark));
    this.#belongings.groups.add(name);
    return name;
  }

  async use<T extends NotebookClient>(client: T): Promise<T> {
    this.#belongings.clients.add(client);
    await stoppable(client).connect();
    return client;
  }

  async close(): Promise<void> {
    if (this.#closed) {
      return console.log(`Notebook ${this.#number} is closed already.`);
    }
    const { clients, topics, groups, problems } = await this.remove();
    console.log(
      `Notebook ${this.#number} is closed: ${
        counted(clients, "client")
      } disconnected, ` +
        `${counted(topics, "topic")} and ${counted(groups, "group")} deleted.`,
    );
    for (const problem of problems) console.warn(problem);
  }

  /** Whatever fails can be tried again, by running the cell again or opening the notebook anew. */
  async remove(): Promise<Removal> {
    const removal = await this.#belongings.remove();
    this.#closed = removal.problems.length === 0;
    if (this.#closed && openNotebooks.get(this.#number) === this) {
      openNotebooks.delete(this.#number);
    }
    return removal;
  }
}
