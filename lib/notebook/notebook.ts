import type { Kafka } from "kafkajs";
import { withAdmin } from "../client/admin.ts";
import { connectionFromEnvironment } from "../client/connection.ts";
import { within } from "../client/deadline.ts";
import { InterruptedError } from "../client/interrupt.ts";
import { kafkaClient } from "../client/kafka_client.ts";
import { findBroker, NoBrokerError } from "../client/probe.ts";
import {
  createTopic,
  type CreateTopicOptions,
  deleteTopic,
  freshName,
} from "../client/topic.ts";
import { until } from "../client/until.ts";
import { activateKernelManners } from "./kernel.ts";
import {
  markedName,
  namesOfDeadRuns,
  ownMark,
  type RunMark,
} from "./run_name.ts";
import { stoppable } from "./stoppable.ts";

activateKernelManners();

/** A producer, consumer or admin client of KafkaJS, or anything that connects likewise. */
export interface NotebookClient {
  /** Opens the connection. */
  connect(): Promise<void>;
  /** Closes it. */
  disconnect(): Promise<void>;
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

const CLOSE_DEADLINE_MS = 5_000;
const openNotebooks = new Map<string, OpenNotebook>();

/**
 * Opens a notebook's connection to Kafka: finds the broker, removes what an
 * earlier run of the same notebook left behind on this computer, and hands out
 * topics, groups and clients that {@linkcode Notebook.close} removes again.
 * Opening it a second time in one kernel closes it first.
 *
 * @param number The notebook's number: "04".
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
export async function openNotebook(number: string): Promise<Notebook> {
  if (!/^\d{2}$/.test(number)) {
    throw new TypeError(
      `Cannot open a notebook as its number must have two digits, such as "04": current value is "${number}"`,
    );
  }
  await openNotebooks.get(number)?.closeQuietly();
  await findBrokerOrAdvise();
  const notebook = new OpenNotebook(
    number,
    kafkaClient({ clientId: `notebook-${number}` }),
  );
  openNotebooks.set(number, notebook);
  await notebook.removeLeftovers();
  return notebook;
}

/** The error is for a reader who may not know where to type the command that it names. */
async function findBrokerOrAdvise(): Promise<void> {
  try {
    await findBroker(connectionFromEnvironment());
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
  readonly #topics = new Set<string>();
  readonly #groups = new Set<string>();
  readonly #clients = new Set<NotebookClient>();

  #closed = false;

  constructor(number: string, kafka: Kafka) {
    this.kafka = kafka;
    this.#number = number;
    this.#mark = ownMark(number);
  }

  async topic(base: string, options?: CreateTopicOptions): Promise<string> {
    const name = freshName(markedName(base, this.#mark));
    // Tracked first: a creation that times out may still happen.
    this.#topics.add(name);
    await createTopic(this.kafka, name, options);
    return name;
  }

  group(base: string): string {
    const name = freshName(markedName(base, this.#mark));
    this.#groups.add(name);
    return name;
  }

  async use<T extends NotebookClient>(client: T): Promise<T> {
    this.#clients.add(client);
    await stoppable(client).connect();
    return client;
  }

  async close(): Promise<void> {
    if (this.#closed) {
      return console.log(`Notebook ${this.#number} is closed already.`);
    }
    const closing = await this.#end();
    console.log(closing.line);
    for (const problem of closing.problems) console.warn(problem);
  }

  async closeQuietly(): Promise<void> {
    const { problems } = await this.#end();
    for (const problem of problems) console.warn(problem);
  }

  /** Only a broker on this computer is shared by nobody who could miss a topic. */
  async removeLeftovers(): Promise<void> {
    if (!connectionFromEnvironment().brokers.every(isLoopback)) return;
    try {
      const { topics, groups } = await this.#namesOnBroker();
      await this.#deleteDeadGroups(namesOfDeadRuns(groups, this.#mark));
      await this.#deleteTopics(namesOfDeadRuns(topics, this.#mark));
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      console.warn(
        `Could not remove what an earlier run left behind: ${messageOf(error)}`,
      );
    }
  }

  /** Goes on after each failure: what can be removed is removed. */
  async #end(): Promise<{ line: string; problems: string[] }> {
    const problems: string[] = [];
    const attempt = async (
      what: string,
      work: () => Promise<unknown>,
    ): Promise<boolean> => {
      try {
        await within(work(), {
          deadlineMs: CLOSE_DEADLINE_MS,
          what: `the end of "${what}"`,
        });
        return true;
      } catch (error) {
        problems.push(`Could not ${what}: ${messageOf(error)}`);
        return false;
      }
    };
    this.#closed = true;
    const [clients, groups, topics] = [[...this.#clients], [...this.#groups], [
      ...this.#topics,
    ]];
    this.#clients.clear();
    this.#groups.clear();
    this.#topics.clear();
    if (openNotebooks.get(this.#number) === this) {
      openNotebooks.delete(this.#number);
    }

    const disconnected = await Promise.all(
      clients.map((client) =>
        attempt("disconnect a client", () => client.disconnect())
      ),
    );
    const groupsGone = await attempt(
      `delete ${counted(groups.length, "group")}`,
      () => this.#deleteGroups(groups),
    );
    const topicsGone = await attempt(
      `delete ${counted(topics.length, "topic")}`,
      () => this.#deleteTopics(topics),
    );
    const done = [
      `${counted(disconnected.filter(Boolean).length, "client")} disconnected`,
      `${counted(topicsGone ? topics.length : 0, "topic")} and ${
        counted(groupsGone ? groups.length : 0, "group")
      } deleted`,
    ];
    return {
      line: `Notebook ${this.#number} is closed: ${done.join(", ")}.`,
      problems,
    };
  }

  async #deleteTopics(names: string[]): Promise<void> {
    if (names.length > 0) {
      await deleteTopic(this.kafka, names, { deadlineMs: CLOSE_DEADLINE_MS });
    }
  }

  /** A group can be deleted once its last member has left, which a crashed one does late. */
  async #deleteGroups(names: string[]): Promise<void> {
    if (names.length === 0) return;
    await withAdmin(this.kafka, (admin) =>
      until(async () => {
        const { groups } = await admin.listGroups();
        const left = groups.map(({ groupId }) => groupId).filter((groupId) =>
          names.includes(groupId)
        );
        if (left.length > 0) await admin.deleteGroups(left);
        return left.length === 0;
      }, {
        what: `the end of ${names.join(", ")}`,
        deadlineMs: CLOSE_DEADLINE_MS - 1_000,
      }));
  }

  /** A killed consumer stays a member until its session ends; then the next run deletes its group. */
  async #deleteDeadGroups(names: string[]): Promise<void> {
    if (names.length === 0) return;
    await withAdmin(
      this.kafka,
      (admin) => admin.deleteGroups(names).catch(() => {}),
    );
  }

  #namesOnBroker(): Promise<{ topics: string[]; groups: string[] }> {
    return withAdmin(this.kafka, async (admin) => {
      const [topics, { groups }] = await Promise.all([
        admin.listTopics(),
        admin.listGroups(),
      ]);
      return { topics, groups: groups.map(({ groupId }) => groupId) };
    });
  }
}

function isLoopback(address: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?):\d+$/i.test(address);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
