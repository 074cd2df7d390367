import type { Kafka } from "kafkajs";
import { formatAddress } from "./address.ts";
import { DeadlineError, within } from "./deadline.ts";
import { explainRefusals } from "./explain_refusals.ts";
import {
  type InnerCluster,
  type InnerConnection,
  makeCluster,
} from "./inner_cluster.ts";
import { InterruptedError, pause } from "./interrupt.ts";
import { mendConnection } from "./mend_connection.ts";

/** Where a broker listens. */
export interface BrokerAddress {
  /** The broker's id (`node.id`). */
  id: number;
  /** The host it advertises. */
  host: string;
  /** The port it advertises. */
  port: number;
}

/**
 * A broker as KafkaJS 2.2.4 knows it inside, for requests that its public
 * clients cannot make. KafkaJS's own types do not describe it.
 */
export interface BrokerConnection {
  /** Connects and logs in, if that is not done yet. */
  connect(): Promise<void>;
  /** Waits for requests under way, then closes the connection. */
  disconnect(): Promise<void>;
  /**
   * Whether it is connected and logged in.
   *
   * @returns False, too, once a login has to be renewed.
   */
  isConnected(): boolean;
  /** Where the connection leads, and how to send a request on it. */
  connectionPool: {
    host: string;
    port: number;
    pool: {
      connect(): Promise<unknown>;
      isConnected(): boolean;
      rejectRequests(error: Error): void;
      socket?: { destroy(): void; emit(event: string): unknown };
    }[];
    send<T>(call: {
      request: unknown;
      response: {
        decode(raw: Uint8Array): Promise<T>;
        parse(decoded: T): Promise<T>;
      };
      logResponseError: boolean;
    }): Promise<T>;
  };
}

/** Connections to brokers, made when they are first asked for. */
export interface BrokerConnections {
  /**
   * A broker that answers: the one that answered before, as long as it is
   * connected, else the next of the client's addresses that does.
   *
   * @returns The broker, connected.
   * @throws {Error} KafkaJS's error where no waiting helps, such as for a wrong password.
   */
  any(): Promise<BrokerConnection>;
  /**
   * The broker at an address.
   *
   * @param address Where it listens. Its id is not compared.
   * @returns The broker, connected.
   * @throws {Error} KafkaJS's error if it cannot be connected to.
   */
  at(address: BrokerAddress): Promise<BrokerConnection>;
  /** Aborted when the work's time is over, so that a loop over requests ends, too. */
  signal: AbortSignal;
}

/** What makes the connections of a client, as KafkaJS 2.2.4 has it inside. */
export interface BrokerPool {
  rootLogger: unknown;
  connectionPoolBuilder: {
    build(
      at?: { host: string; port: number },
    ): Promise<BrokerConnection["connectionPool"]>;
  };
  /**
   * Makes a broker of its connections. It connects later.
   *
   * @param options The connections, as `connectionPoolBuilder` makes them, and where to log.
   * @returns The broker.
   */
  createBroker(
    options: { connectionPool: unknown; logger: unknown },
  ): BrokerConnection;
}

/**
 * Does some work with connections to single brokers, and closes them
 * afterwards. They are KafkaJS's own, with the client's TLS, login, log lines
 * and socket factory. Unlike KafkaJS, it passes over a broker that takes the
 * connection and then keeps silent for 2 s, or half of a shorter deadline, as a
 * frozen one does, and ends at once where no waiting helps, such as at an expired
 * certificate.
 *
 * @param kafka The cluster.
 * @param work What to do.
 * @param options `deadlineMs`: after how many milliseconds to give up, 15 s by default;
 * `answerMs`: after how many if no broker has answered by then, as many by default;
 * `what`: what is awaited, as the error names it, or a function that is asked for it then;
 * `signal`: ends it early.
 * @returns What the work returns.
 * @throws {Error} What the work throws, and KafkaJS's error where no waiting helps.
 * @throws {DeadlineError} When the deadline has passed. Its `cause` is why no broker could be reached at last, if that was so.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * const port = await withBrokers(kafkaClient(), async (brokers) => {
 *   const { connectionPool } = await brokers.any();
 *   return connectionPool.port;
 * });
 * assert(port > 0);
 * ```
 */
export async function withBrokers<T>(
  kafka: Kafka,
  work: (brokers: BrokerConnections) => Promise<T>,
  {
    deadlineMs = 15_000,
    answerMs = deadlineMs,
    what = "an answer of the brokers",
    signal,
  }: {
    deadlineMs?: number;
    answerMs?: number;
    what?: string | (() => string);
    signal?: AbortSignal;
  } = {},
): Promise<T> {
  const silenceMs = Math.min(SILENCE_MS, deadlineMs / 2);
  const connections = new Connections(brokerPoolOf(kafka), silenceMs);
  const tooLate = (afterMs: number) => () => {
    const reason = connections.lastError
      ? `: the last error was ${connections.lastError}`
      : "";
    const sentence = `Waited ${afterMs / 1000} s for ${
      typeof what === "string" ? what : what()
    }, in vain${reason}`;
    return new DeadlineError(sentence, { cause: connections.lastError });
  };
  try {
    const began = performance.now();
    const running = signal
      ? Promise.race([work(connections), abortOf(signal, connections.signal)])
      : work(connections);
    if (answerMs < deadlineMs) {
      await within(Promise.race([running, connections.answered]), {
        deadlineMs: answerMs,
        what: tooLate(answerMs),
      });
    }
    return await within(running, {
      deadlineMs: deadlineMs - (performance.now() - began),
      what: tooLate(deadlineMs),
    });
  } finally {
    await connections.close();
  }
}

/**
 * Sends a request of KafkaJS's on a connection, and leaves it to the caller to
 * judge the errors in the answer: KafkaJS logs them and throws the first.
 *
 * @param broker The broker.
 * @param request A request as KafkaJS's `protocol/requests` make it.
 * @param decode What reads the answer, usually the `decode` beside the request.
 * @returns The answer.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import request from "kafkajs/src/protocol/requests/apiVersions/v0/request.js";
 * import response from "kafkajs/src/protocol/requests/apiVersions/v0/response.js";
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * const { apiVersions } = await withBrokers(
 *   kafkaClient(),
 *   async (brokers) =>
 *     await sendRequest<{ apiVersions: unknown[] }>(await brokers.any(), request(), response.decode),
 * );
 * assert(apiVersions.length > 30);
 * ```
 */
export function sendRequest<T>(
  broker: BrokerConnection,
  request: unknown,
  decode: (raw: Uint8Array) => Promise<T>,
): Promise<T> {
  const response = { decode, parse: (decoded: T) => Promise.resolve(decoded) };
  return broker.connectionPool.send({
    request,
    response,
    logResponseError: false,
  });
}

/** Rejects when a signal is aborted; is forgotten when the work is over. */
function abortOf(signal: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const options = { once: true, signal: over };
    signal.addEventListener("abort", () => reject(signal.reason), options);
  });
}

/** A broker that takes the connection and then keeps silent is passed over after this time. */
const SILENCE_MS = 2_000;
const RETRY_MS = 200;

class Connections implements BrokerConnections {
  /** Why no broker could be reached, the last time. */
  lastError: unknown;
  /** Resolves when a broker has answered for the first time. */
  readonly answered: Promise<void>;
  readonly #hasAnswered: () => void;
  readonly #pool: BrokerPool;
  readonly #silenceMs: number;
  readonly #over = new AbortController();
  readonly #made: BrokerConnection[] = [];
  readonly #byAddress = new Map<string, Promise<BrokerConnection>>();
  #answering: Promise<BrokerConnection> | undefined;

  constructor(pool: BrokerPool, silenceMs: number) {
    this.#pool = pool;
    this.#silenceMs = silenceMs;
    const { promise, resolve } = Promise.withResolvers<void>();
    [this.answered, this.#hasAnswered] = [promise, resolve];
    // A client as published has no mends of its own.
    explainRefusals({ brokerPool: pool } as unknown as InnerCluster);
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  async any(): Promise<BrokerConnection> {
    const known = this.#answering;
    if (known !== undefined && (await known).isConnected()) return await known;
    // Of several calls that found it dead, the first looks for another.
    if (known === this.#answering) this.#answering = this.#findAnswering();
    return await this.#answering!;
  }

  async at({ host, port }: BrokerAddress): Promise<BrokerConnection> {
    const any = await this.any();
    const { connectionPool } = any;
    if (connectionPool.host === host && connectionPool.port === port) {
      return any;
    }
    const key = formatAddress({ host, port });
    if (!this.#byAddress.has(key)) {
      this.#byAddress.set(key, this.#make({ host, port }));
    }
    const broker = await this.#byAddress.get(key)!;
    await broker.connect();
    return broker;
  }

  /** Requests still under way are given up: nobody waits for them any more. */
  async close(): Promise<void> {
    const over = new Error("The work with this connection is over");
    this.#over.abort(over);
    await Promise.allSettled(this.#made.map(async (broker) => {
      const { pool } = broker.connectionPool;
      for (const connection of pool) connection.rejectRequests(over);
      await broker.disconnect();
      // A frozen broker answers later, which KafkaJS would report.
      for (const connection of pool) connection.socket?.destroy();
    }));
  }

  async #findAnswering(): Promise<BrokerConnection> {
    while (true) {
      this.signal.throwIfAborted();
      const broker = await this.#make();
      try {
        await within(broker.connect(), {
          deadlineMs: this.#silenceMs,
          what: "a broker's answer",
        });
        this.lastError = undefined;
        this.#hasAnswered();
        return broker;
      } catch (error) {
        if (isFinal(error)) throw error;
        this.lastError = error;
      }
      await pause(RETRY_MS, this.signal);
    }
  }

  /** Without an address, KafkaJS takes the next one of the client's list. */
  async #make(
    address?: { host: string; port: number },
  ): Promise<BrokerConnection> {
    const { connectionPoolBuilder, rootLogger: logger } = this.#pool;
    const connectionPool = await connectionPoolBuilder.build(address);
    const broker = this.#pool.createBroker({ connectionPool, logger });
    this.#made.push(broker);
    for (const connection of broker.connectionPool.pool) {
      mendConnection(connection as InnerConnection);
      connectOnce(connection);
    }
    return broker;
  }
}

/**
 * Of requests that begin side by side, KafkaJS makes a socket for each and
 * forgets all but the last, which stay open: a process that has nothing more to
 * do does not end then. With this they share the first's.
 */
function connectOnce(connection: { connect(): Promise<unknown> }): void {
  const connect = connection.connect.bind(connection);
  let underWay: Promise<unknown> | undefined;
  connection.connect = () =>
    underWay ??= connect().finally(() => underWay = undefined);
}

/** A wrong password stays wrong; a broker that does not answer may come back. */
function isFinal(error: unknown): boolean {
  return error instanceof InterruptedError ||
    (error as { retriable?: boolean }).retriable === false;
}

/**
 * Makes what makes a client's connections, with the mends that the client has.
 *
 * @param kafka The client.
 * @returns What makes connections to brokers and their requests.
 * @throws {TypeError} If it is not a client of KafkaJS 2.2.4.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "./kafka_client.ts";
 *
 * assertEquals(typeof brokerPoolOf(kafkaClient()).createBroker, "function");
 * ```
 */
export function brokerPoolOf(kafka: Kafka): BrokerPool {
  return makeCluster(kafka).brokerPool as unknown as BrokerPool;
}
