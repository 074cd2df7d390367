import type { Socket } from "node:net";
import type { ISocketFactory } from "kafkajs";
import kafkaJsSocketFactory from "kafkajs/src/network/socketFactory.js";
import { formatAddress } from "../client/address.ts";
import { API_KEYS, type ApiName, apiName } from "../client/api_key.ts";
import {
  FaultySocket,
  type Verdict,
  type WireRequest,
} from "./faulty_socket.ts";

/** Which requests a rule is for. */
export interface FaultMatch {
  /** The kind of request: `"Produce"`, or several. */
  apiKey: ApiName | ApiName[];
  /** How many of them it hits; `Infinity` for all. 1 by default. */
  times?: number;
  /** How many of them it lets pass first. None by default. */
  skip?: number;
  /** Only those to this broker, `host:port` or `[::1]:port`. By default to any. */
  broker?: string;
}

/** A rule that was given to {@linkcode SocketFaults}. */
export interface FaultRule {
  /** How often it has hit. */
  readonly hits: number;
  /** Ends the rule; what it delays now still arrives. */
  remove(): void;
}

/** Something a rule did. */
export interface FaultEvent extends WireRequest {
  /** When, in milliseconds since these faults were made. */
  atMs: number;
  /** The kind of request by Kafka's name. */
  api: string;
  /** What was done. */
  what:
    | "request dropped"
    | "request delayed"
    | "request cut"
    | "request hung"
    | "response dropped"
    | "response delayed"
    | "response cut"
    | "response hung";
}

/** Faults of the network between a KafkaJS client and its brokers, and a count of its requests. */
export interface SocketFaults {
  /** For KafkaJS's option of this name. Several clients may share it. */
  readonly socketFactory: ISocketFactory;
  /** What rules did, in order: the last 10,000. */
  readonly log: readonly FaultEvent[];
  /**
   * How many requests of each kind the client has written, also those that a
   * rule took away, since the beginning or the last `resetCounts()`.
   *
   * @returns The counts by Kafka's names of the kinds: `{ Produce: 2 }`. A kind that was not written is missing.
   */
  requestCounts(): Record<string, number>;
  /** Counts from 0 again. */
  resetCounts(): void;
  /**
   * The broker never gets the request. The client waits for its
   * `requestTimeout`.
   *
   * @param match Which requests.
   * @returns The rule, which counts its hits and can be removed.
   * @throws {RangeError} If the match names a kind of request that is not known, or a number is out of range.
   */
  dropRequest(match: FaultMatch): FaultRule;
  /**
   * The broker does what was asked, and the client never hears of it.
   *
   * @param match The requests whose responses it takes away.
   * @returns The rule, which counts its hits and can be removed.
   * @throws {RangeError} If the match names a kind of request that is not known, or a number is out of range.
   */
  dropResponse(match: FaultMatch): FaultRule;
  /**
   * The request, and whatever the client writes after it on its connection,
   * goes out later. Several delays add up, as each begins when the frame
   * ahead has gone.
   *
   * @param match Which requests; `delayMs`: how long each is held back, in milliseconds.
   * @returns The rule, which counts its hits and can be removed.
   * @throws {RangeError} If the match names a kind of request that is not known, or a number is out of range.
   */
  delayRequest(match: FaultMatch & { delayMs: number }): FaultRule;
  /**
   * The response, and whatever comes after it on its connection, arrives later.
   * Several delays add up, as each begins when the frame ahead has gone.
   *
   * @param match The requests whose responses it holds back; `delayMs`: how long each is held back, in milliseconds.
   * @returns The rule, which counts its hits and can be removed.
   * @throws {RangeError} If the match names a kind of request that is not known, or a number is out of range.
   */
  delayResponse(match: FaultMatch & { delayMs: number }): FaultRule;
  /**
   * The connection is reset: before the request goes out, or, with
   * `at: "response"`, after the broker did what was asked and before the client
   * hears of it.
   *
   * @param match Which requests; `at`: when, `"request"` by default.
   * @returns The rule, which counts its hits and can be removed.
   * @throws {RangeError} If the match names a kind of request that is not known, or a number is out of range.
   */
  cutConnection(match: FaultMatch & { at?: "request" | "response" }): FaultRule;
  /**
   * The connection stays open and carries nothing more, in neither direction,
   * as when a cable is pulled: from the request on, which the broker never
   * gets, or, with `at: "response"`, after the broker did what was asked. The
   * client has to give the connection up. What TCP loses is always the rest.
   *
   * @param match Which requests; `at`: when, `"request"` by default.
   * @returns The rule, which counts its hits and can be removed.
   * @throws {RangeError} If the match names a kind of request that is not known, or a number is out of range.
   */
  hangConnection(
    match: FaultMatch & { at?: "request" | "response" },
  ): FaultRule;
  /** Ends all rules. */
  clear(): void;
}

/** How many events the log keeps. */
const LONGEST_LOG = 10_000;

interface Rule extends FaultMatch {
  keys: Set<number>;
  direction: "request" | "response";
  verdict: Verdict;
  seen: number;
  hits: number;
}

/**
 * Makes faults of the network happen to a KafkaJS client, one kind of request
 * at a time and counted, so that an experiment goes the same way each time. A
 * lost response, for example, leaves the client not knowing whether its records
 * were written. TLS and logins work as ever: frames are read inside of TLS.
 *
 * Of several rules that fit, the first that still has hits left decides.
 *
 * @returns The faults: give its `socketFactory` to the client, then add rules.
 *
 * @example Count what a producer sends
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const wire = socketFaults();
 * const kafka = kafkaClient({ socketFactory: wire.socketFactory });
 * const topic = freshName("counted");
 * await createTopic(kafka, topic, { partitions: 1 });
 * const producer = kafka.producer();
 * await producer.connect();
 *
 * const messages = [{ value: "one" }, { value: "two" }];
 * for (const message of messages) await producer.send({ topic, messages: [message] });
 * assertEquals(wire.requestCounts().Produce, 2);
 *
 * wire.resetCounts();
 * await producer.send({ topic, messages });
 * assertEquals(wire.requestCounts(), { Produce: 1 });
 *
 * await producer.disconnect();
 * await deleteTopic(kafka, topic);
 * ```
 */
export function socketFaults(): SocketFaults {
  const start = performance.now();
  const counts = new Map<string, number>();
  const log: FaultEvent[] = [];
  let rules: Rule[] = [];

  const judge = (
    direction: Rule["direction"],
    request: WireRequest,
  ): Verdict => {
    const rule = rules.find((rule) =>
      rule.direction === direction && hits(rule, request)
    );
    if (!rule) return { do: "pass" };
    log.push({
      ...request,
      atMs: performance.now() - start,
      api: apiName(request.apiKey),
      what: `${direction} ${PAST[rule.verdict.do]}` as FaultEvent["what"],
    });
    if (log.length > LONGEST_LOG) log.shift();
    return rule.verdict;
  };

  const add = (
    direction: Rule["direction"],
    match: FaultMatch,
    verdict: Verdict,
  ): FaultRule => {
    const rule = toRule(direction, match, verdict);
    rules.push(rule);
    return {
      get hits() {
        return rule.hits;
      },
      remove: () => void (rules = rules.filter((other) => other !== rule)),
    };
  };

  return {
    log,
    socketFactory(args) {
      const real = kafkaJsSocketFactory()(args);
      // KafkaJS calls only what FaultySocket has.
      return new FaultySocket(real, formatAddress(args), {
        request(request) {
          const name = apiName(request.apiKey);
          counts.set(name, (counts.get(name) ?? 0) + 1);
          return judge("request", request);
        },
        response: (request) => judge("response", request),
      }) as unknown as Socket;
    },
    requestCounts: () => Object.fromEntries(counts),
    resetCounts: () => counts.clear(),
    dropRequest: (match) => add("request", match, { do: "drop" }),
    dropResponse: (match) => add("response", match, { do: "drop" }),
    delayRequest: (match) => add("request", match, delayBy(match)),
    delayResponse: (match) => add("response", match, delayBy(match)),
    cutConnection: ({ at = "request", ...match }) =>
      add(at, match, { do: "cut" }),
    hangConnection: ({ at = "request", ...match }) =>
      add(at, match, { do: "hang" }),
    clear: () => void (rules = []),
  };
}

const PAST = {
  pass: "passed",
  drop: "dropped",
  cut: "cut",
  hang: "hung",
  delay: "delayed",
};

/** Counts the request for the rule, and tells whether it is hit. */
function hits(rule: Rule, { apiKey, broker }: WireRequest): boolean {
  if (!rule.keys.has(apiKey)) return false;
  if (rule.broker !== undefined && rule.broker !== broker) return false;
  if (rule.hits >= rule.times!) return false;
  if (rule.seen++ < rule.skip!) return false;
  rule.hits++;
  return true;
}

function toRule(
  direction: Rule["direction"],
  match: FaultMatch,
  verdict: Verdict,
): Rule {
  const { apiKey, times = 1, skip = 0, broker } = match;
  const keys = [apiKey].flat().map((name) => {
    const key: number | undefined = API_KEYS[name];
    if (key === undefined) {
      throw new RangeError(
        `Cannot add a fault as 'apiKey' must be a kind of request such as "Produce": current value is '${name}'`,
      );
    }
    return key;
  });
  for (const [name, value] of Object.entries({ times, skip })) {
    if (!(Number.isInteger(value) || value === Infinity) || value < 0) {
      throw new RangeError(
        `Cannot add a fault as '${name}' must be a whole number from 0: current value is ${value}`,
      );
    }
  }
  return {
    apiKey,
    keys: new Set(keys),
    times,
    skip,
    broker,
    direction,
    verdict,
    seen: 0,
    hits: 0,
  };
}

function delayBy({ delayMs }: { delayMs: number }): Verdict {
  if (!Number.isFinite(delayMs) || delayMs < 0) {
    throw new RangeError(
      `Cannot add a fault as 'delayMs' must be a number of milliseconds from 0: current value is ${delayMs}`,
    );
  }
  return { do: "delay", delayMs };
}
