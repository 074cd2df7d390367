/** The clients that are compared, by their packages' names. */
export const CLIENT_NAMES = [
  "kafkajs",
  "@platformatic/kafka",
  "kafka-ts",
  "kafka-crab-js",
] as const;

/** The name of one of the clients. */
export type ClientName = typeof CLIENT_NAMES[number];

/** A record on its way out. */
export interface SentRecord {
  topic: string;
  /** By default it has none. */
  key?: string;
  value: string;
}

/** How a client is to send. */
export interface SendingOptions {
  /** The broker's address: "localhost:9092". */
  broker: string;
  /** Whether with what the client itself recommends for safety, in place of its defaults. False by default. */
  safe?: boolean;
}

/** A producer of any client. */
export interface Sender {
  /**
   * Sends a record.
   *
   * @param record The record.
   * @returns Settles with the broker's answer.
   */
  send(record: SentRecord): Promise<unknown>;
  /**
   * Closes its connections.
   *
   * @returns Settles when they are closed.
   */
  close(): Promise<unknown>;
}

/** How a client is to consume. */
export interface ReadingOptions {
  /** The broker's address: "localhost:9092". */
  broker: string;
  topic: string;
  groupId: string;
  /** The session, in milliseconds. */
  sessionMs: number;
  /** Whether it commits after each record, in place of the client's automatic commits. False by default. */
  safe?: boolean;
  /**
   * The program's work; the client waits for it.
   *
   * @param record What there is to work on.
   */
  handle(record: { partition: number; value: string }): Promise<void>;
  /**
   * Called when the consumer gives up by itself. Nothing by default.
   *
   * @param error Why it does.
   */
  onEnd?(error: unknown): void;
}

/** A consumer of any client, which has begun. */
export interface Reader {
  /**
   * Leaves the group, and closes its connections.
   *
   * @returns Settles when that is done.
   */
  close(): Promise<unknown>;
}

/** A transaction of any client. */
export interface OpenTransaction {
  /**
   * Sends a record as a part of it.
   *
   * @param record The record.
   * @returns Settles with the broker's answer.
   */
  send(record: SentRecord): Promise<unknown>;
  /**
   * Commits it.
   *
   * @returns Settles with the coordinator's answer.
   */
  commit(): Promise<unknown>;
}

/** A producer with a transactional id. */
export interface TransactionalSender {
  /**
   * Begins a transaction.
   *
   * @returns The transaction.
   */
  begin(): Promise<OpenTransaction>;
  /**
   * Closes its connections.
   *
   * @returns Settles when they are closed.
   */
  close(): Promise<unknown>;
}

/** What a consumer does in a process of its own. */
export interface ProcessSettings {
  reading: Omit<ReadingOptions, "handle" | "onEnd">;
  /** The work on the record with this value is long. By default on none. */
  long?: { value: string; ms: number; blocks: boolean; thenDies: boolean };
  /** Then it has a producer, too, and reports the CPU time that it used while it idled for so long, after the first record. */
  idleMs?: number;
}

/** One of the clients, behind the few calls that experiments need. */
export interface TestedClient {
  /** Its package's name. */
  name: string;
  version: string;
  /**
   * Makes a producer.
   *
   * @param options Where it sends, and how.
   * @returns The producer.
   */
  sender(options: SendingOptions): Promise<Sender>;
  /**
   * Starts a consumer in a group.
   *
   * @param options What it reads, and how.
   * @returns The consumer.
   */
  reader(options: ReadingOptions): Promise<Reader>;
  /**
   * Makes a producer with a transactional id. Undefined where the client has no transactions.
   *
   * @param options Where it sends, and as whom.
   * @returns The producer.
   */
  transactions?(
    options: SendingOptions & { transactionalId: string },
  ): Promise<TransactionalSender>;
  /**
   * Starts a consumer of it in a process of its own. Undefined where Deno can run it.
   *
   * @param settings What it reads, and at which record it blocks or dies.
   * @returns The process, which reports to its standard output.
   */
  spawn?(settings: ProcessSettings): Deno.ChildProcess;
}

/** After how long a producer gives up a request, in milliseconds: the same for all. */
export const REQUEST_TIMEOUT_MS = 1_500;

/** What a client is called at the broker. */
export const CLIENT_ID = "which-client";
