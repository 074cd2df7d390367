import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { KafkaConfig } from "kafkajs";
import type { Address } from "./address.ts";

/** How {@linkcode RawConnection} connects. */
export interface RawOptions {
  /** TLS, as KafkaJS's option of this name has it: `true`, or what `node:tls` takes. None by default. */
  ssl?: KafkaConfig["ssl"] | undefined;
  /** After how long to give up, in milliseconds: over all that is asked. */
  timeoutMs: number;
}

/**
 * What may end a {@linkcode RawConnection}. `refused`: no process listens.
 * `unknown host`, `unreachable`: as it says. `tls`: the TLS handshake failed, or
 * was taken back by an alert. `closed`: the other side closed the connection.
 * `tls answer`: it answered with TLS to what was sent without. `stranger`: the
 * answer is not Kafka's. `late`: the time is over.
 */
export type RawFailureKind =
  | "refused"
  | "unknown host"
  | "unreachable"
  | "tls"
  | "closed"
  | "tls answer"
  | "stranger"
  | "late";

/**
 * Why a {@linkcode RawConnection} got no answer.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const connection = new RawConnection({ host: "127.0.0.1", port: 1 }, { timeoutMs: 1_000 });
 * const failure = await connection.opened.catch((error: RawFailure) => error);
 * assertEquals(failure?.kind, "refused");
 * ```
 */
export class RawFailure extends Error {
  override name = "RawFailure";
  /** What happened. */
  readonly kind: RawFailureKind;
  /** How far the connection had come: not at all, to TCP, to TLS or to a first answer. */
  readonly after: Stage;

  /**
   * @param kind What happened.
   * @param after How far the connection had come.
   * @param cause The socket's error, if there is one.
   */
  constructor(kind: RawFailureKind, after: Stage, cause?: Error) {
    super(cause?.message ?? kind, { cause });
    this.kind = kind;
    this.after = after;
  }
}

/** How far a connection has come. Without TLS, `open` follows `tcp` at once. */
export type Stage = "nothing" | "tcp" | "open" | "answer";

/** The first request's id is "\r\n\r\n": what waits for lines, as web servers do, answers it, too. */
const FIRST_CORRELATION_ID = 0x0d0a0d0a;
const LONGEST_ANSWER = 1_000_000;
const CLIENT_ID = new TextEncoder().encode("probe");

interface Waiting {
  correlationId: number;
  resolve: (answer: DataView) => void;
  reject: (failure: RawFailure) => void;
}

/**
 * A connection to a broker below KafkaJS, for the few requests that say what is
 * there. It tells apart what KafkaJS calls "Connection error". One request at a
 * time; close it in any case.
 */
export class RawConnection {
  /** Settles when the connection stands, with TLS if that is asked for. */
  readonly opened: Promise<void>;
  /** Settles when the connection has ended, with the reason. */
  readonly ended: Promise<RawFailure>;
  /** The socket, for those who look at the certificate of the other side. */
  readonly socket: Socket;
  readonly #isTls: boolean;
  readonly #opening = Promise.withResolvers<void>();
  readonly #ending = Promise.withResolvers<RawFailure>();
  readonly #timer: ReturnType<typeof setTimeout>;
  #stage: Stage = "nothing";
  #failure: RawFailure | undefined;
  #received = new Uint8Array();
  #waiting: Waiting | undefined;
  #correlationId = FIRST_CORRELATION_ID;

  /**
   * Begins to connect.
   *
   * @param address Host and port.
   * @param options TLS, and how long all of it may take.
   */
  constructor({ host, port }: Address, { ssl = false, timeoutMs }: RawOptions) {
    this.#isTls = ssl !== false;
    this.opened = this.#opening.promise;
    this.ended = this.#ending.promise;
    // Whoever sends a request meets the same failure.
    this.opened.catch(() => {});
    const onOpen = () => {
      this.#stage = "open";
      this.#opening.resolve();
    };
    this.socket = ssl
      ? connectTls({
        ...{ host, port, ...(isIP(host) ? {} : { servername: host }) },
        ...(ssl === true ? {} : ssl),
      }, onOpen)
      : connect({ host, port }, onOpen);
    this.#timer = setTimeout(() => this.#fail("late"), timeoutMs);
    this.socket
      .once("connect", () => {
        if (this.#stage === "nothing") this.#stage = "tcp";
      })
      .on("data", (piece) => this.#take(piece))
      .on("error", (error) => this.#fail(this.#kindOf(error), error))
      // Not "end", which may come before the error that says why.
      .on("close", () => this.#fail("closed"));
  }

  /**
   * Sends a request with a header of version 1.
   *
   * @param apiKey The number of its kind.
   * @param apiVersion The version of its kind.
   * @param body What follows the header. Nothing by default.
   * @returns The answer behind the correlation id.
   * @throws {RawFailure} If there is none.
   */
  async request(
    apiKey: number,
    apiVersion: number,
    body: Uint8Array = new Uint8Array(),
  ): Promise<DataView> {
    await this.opened;
    if (this.#failure) throw this.#failure;
    const correlationId = this.#correlationId++;
    const frame = new Uint8Array(14 + CLIENT_ID.length + body.length);
    const head = new DataView(frame.buffer);
    head.setInt32(0, frame.length - 4);
    head.setInt16(4, apiKey);
    head.setInt16(6, apiVersion);
    head.setInt32(8, correlationId);
    head.setInt16(12, CLIENT_ID.length);
    frame.set(CLIENT_ID, 14);
    frame.set(body, 14 + CLIENT_ID.length);
    return await new Promise((resolve, reject) => {
      this.#waiting = { correlationId, resolve, reject };
      this.socket.write(frame);
    });
  }

  /** Closes the connection; whatever is waited for fails. */
  close(): void {
    this.#fail("closed");
  }

  #take(piece: Uint8Array): void {
    const received = new Uint8Array(this.#received.length + piece.length);
    received.set(this.#received);
    received.set(piece, this.#received.length);
    this.#received = received;
    const answer = new DataView(received.buffer);
    const length = received.length;
    // A TLS alert: record type 21, protocol 3.x.
    if (length >= 2 && received[0] === 21 && received[1] === 3) {
      return this.#fail("tls answer");
    }
    if (length < 4) return;
    const size = answer.getInt32(0);
    if (size < 6 || size > LONGEST_ANSWER) return this.#fail("stranger");
    if (length < 8) return;
    const isAwaited = answer.getInt32(4) === this.#waiting?.correlationId;
    if (!isAwaited) return this.#fail("stranger");
    if (length < 4 + size) return;
    this.#stage = "answer";
    const { resolve } = this.#waiting!;
    this.#waiting = undefined;
    this.#received = received.slice(4 + size);
    resolve(new DataView(received.buffer, 8, size - 4));
  }

  #fail(kind: RawFailureKind, cause?: Error): void {
    if (this.#failure) return;
    // A few bytes that are not a frame, and then nothing.
    const isCut = this.#received.length > 0 &&
      (kind === "late" || kind === "closed");
    this.#failure = new RawFailure(
      isCut ? "stranger" : kind,
      this.#stage,
      cause,
    );
    clearTimeout(this.#timer);
    this.socket.destroy();
    this.#ending.resolve(this.#failure);
    this.#opening.reject(this.#failure);
    this.#waiting?.reject(this.#failure);
  }

  #kindOf({ code = "" }: NodeJS.ErrnoException): RawFailureKind {
    if (code === "ECONNREFUSED") return "refused";
    if (["ENOTFOUND", "EAI_AGAIN"].includes(code)) return "unknown host";
    if (this.#stage === "nothing") return "unreachable";
    if (["ECONNRESET", "EPIPE"].includes(code)) return "closed";
    return this.#isTls ? "tls" : "closed";
  }
}
