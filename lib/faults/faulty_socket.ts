import type { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { frameReader } from "./frame_reader.ts";

/** A request on its way, as its head tells it. */
export interface WireRequest {
  /** The broker's address, `host:port`. */
  broker: string;
  /** The number of the kind of request. */
  apiKey: number;
  /** In which version of its kind it is written. */
  apiVersion: number;
  /** By which number the response names it. Each connection counts for itself. */
  correlationId: number;
}

/** What to do with a request, or with the response to it. */
export type Verdict =
  | { do: "pass" | "drop" | "cut" | "hang" }
  | { do: "delay"; delayMs: number };

/** Decides about what a socket carries. */
export interface WireJudge {
  /**
   * Asked once for each request, before any of it goes out.
   *
   * @param request The request's head, and the broker it is for.
   * @returns What to do with the request.
   */
  request(request: WireRequest): Verdict;
  /**
   * Asked once for each response, before any of it is given to the client.
   *
   * @param request The head of the request that it answers.
   * @returns What to do with the response.
   */
  response(request: WireRequest): Verdict;
}

// Where a request's head has its fields, the length in front included.
const API_KEY_AT = 4;
const API_VERSION_AT = 6;
const CORRELATION_ID_AT = 8;
/** A response's head has only this, after the length. */
const ANSWERED_ID_AT = 4;

/**
 * A socket between KafkaJS and a real one. It does what KafkaJS asks of a
 * socket, no more, and lets through whole frames only, each after its judge's
 * verdict. A delayed frame holds back those behind it, as TCP would.
 */
export class FaultySocket extends EventEmitter {
  readonly #real: Socket;
  readonly #judge: WireJudge;
  readonly #broker: string;
  readonly #outgoing: Lane;
  readonly #incoming: Lane;
  /** Requests that went out and are not answered yet, in order. */
  #unanswered: WireRequest[] = [];
  #cut = false;

  /**
   * Stands in front of a socket from now on.
   *
   * @param real The socket that leads to the broker, which may still be connecting.
   * @param broker The broker's address, as the judge is given it: "localhost:9092".
   * @param judge Decides about each frame.
   */
  constructor(real: Socket, broker: string, judge: WireJudge) {
    super();
    this.#real = real;
    this.#broker = broker;
    this.#judge = judge;
    this.#outgoing = new Lane(
      (frame) => this.#judgeRequest(frame),
      (frame) => void real.write(frame),
      () => this.#cutConnection(),
      () => this.#stop(),
    );
    this.#incoming = new Lane(
      (frame) => this.#judgeResponse(frame),
      (frame) => void this.emit("data", frame),
      () => this.#cutConnection(),
      () => this.#stop(),
    );
    real.on("data", (piece: Buffer) => this.#incoming.take(piece));
    for (const event of ["end", "error", "timeout", "close"]) {
      real.on(event, (...args: unknown[]) => {
        if (!this.#cut) this.emit(event, ...args);
      });
    }
    real.on("close", () => this.#stop());
  }

  /** Whether the real one still connects. */
  get connecting(): boolean {
    return this.#real.connecting;
  }

  /**
   * Takes a piece of what the client writes. It goes on once the piece that
   * ends its frame has come and the judge has let the frame pass. Once
   * the connection is cut, hung or closed, it is thrown away.
   *
   * @param data The piece: a frame, a part of one, or several.
   * @returns Always true: the client is never asked to wait.
   */
  write(data: Buffer): boolean {
    if (!this.#cut) this.#outgoing.take(data);
    return true;
  }

  /** Closes the connection in an orderly way. Frames still held back are thrown away. */
  end(): this {
    this.#stop();
    this.#real.end();
    return this;
  }

  /** Closes the connection at once. Frames still held back are thrown away. */
  destroy(): this {
    this.#stop();
    this.#real.destroy();
    return this;
  }

  /** Lets the open connection keep the process alive, as it does from the start. */
  ref(): this {
    this.#real.ref();
    return this;
  }

  /** Lets the process end while the connection is open. */
  unref(): this {
    this.#real.unref();
    return this;
  }

  #judgeRequest(frame: Buffer): Verdict {
    const request = {
      broker: this.#broker,
      apiKey: frame.readInt16BE(API_KEY_AT),
      apiVersion: frame.readInt16BE(API_VERSION_AT),
      correlationId: frame.readInt32BE(CORRELATION_ID_AT),
    };
    const verdict = this.#judge.request(request);
    if (verdict.do !== "drop") this.#unanswered.push(request);
    return verdict;
  }

  #judgeResponse(frame: Buffer): Verdict {
    const answeredId = frame.readInt32BE(ANSWERED_ID_AT);
    const at = this.#unanswered.findIndex(({ correlationId }) =>
      correlationId === answeredId
    );
    if (at < 0) return { do: "pass" };
    const request = this.#unanswered[at]!;
    // Brokers answer in order, so what is skipped needs no answer: Produce with acks 0.
    this.#unanswered = this.#unanswered.slice(at + 1);
    return this.#judge.response(request);
  }

  /** The client sees what a connection reset by the other side looks like. */
  #cutConnection(): void {
    if (this.#cut) return;
    this.#cut = true;
    this.destroy();
    const reset = new Error(`read ECONNRESET (cut by a rule for this socket)`);
    queueMicrotask(() => {
      this.emit("error", Object.assign(reset, { code: "ECONNRESET" }));
      this.emit("close", true);
    });
  }

  #stop(): void {
    this.#outgoing.stop();
    this.#incoming.stop();
  }
}

/** One direction of a connection: frames in order, each judged when it arrives. */
class Lane {
  readonly #read = frameReader();
  readonly #judge: (frame: Buffer) => Verdict;
  readonly #pass: (frame: Buffer) => void;
  readonly #cut: () => void;
  readonly #hang: () => void;
  /** What waits behind a delayed frame, and that frame itself at the front. */
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(
    judge: (frame: Buffer) => Verdict,
    pass: (frame: Buffer) => void,
    cut: () => void,
    hang: () => void,
  ) {
    this.#judge = judge;
    this.#pass = pass;
    this.#cut = cut;
    this.#hang = hang;
  }

  take(piece: Buffer): void {
    for (const frame of this.#read(piece)) {
      if (this.#stopped) return;
      this.#obey(this.#judge(frame), frame);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
  }

  #obey(verdict: Verdict, frame: Buffer): void {
    if (verdict.do === "drop") return;
    if (verdict.do === "hang") return this.#hang();
    const act = verdict.do === "cut" ? this.#cut : () => this.#pass(frame);
    if (verdict.do === "delay") {
      this.#afterOthers(() => {
        this.#timer = setTimeout(() => {
          act();
          this.#next();
        }, verdict.delayMs);
      });
    } else if (this.#waiting.length === 0) {
      act();
    } else {
      this.#afterOthers(() => {
        act();
        this.#next();
      });
    }
  }

  #afterOthers(step: () => void): void {
    this.#waiting.push(step);
    if (this.#waiting.length === 1) step();
  }

  #next(): void {
    this.#waiting.shift();
    if (!this.#stopped) this.#waiting[0]?.();
  }
}
