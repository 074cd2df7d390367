import {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
} from "kafkajs/src/errors.js";
import { type Address, formatAddress } from "./address.ts";
import { API_KEYS } from "./api_key.ts";
import type { Credentials, Finding, FindingKind } from "./finding.ts";
import {
  type InnerCluster,
  type InnerConnection,
  visitConnections,
} from "./inner_cluster.ts";
import { knock } from "./knock.ts";
import { isBrokenLogin, loginRefusal, refusedToken } from "./login_finding.ts";

/** A connection of KafkaJS's with what it connects with. */
interface Refusable extends InnerConnection {
  ssl: Credentials["ssl"];
  sasl: Credentials["sasl"] | null;
  authenticate(): Promise<void>;
}

/** What no trying again helps against. */
const FINAL: FindingKind[] = ["encryption", "certificate", "login"];

/** Before a broker knows who asks, these are answered; an error in them is one of the login. */
const LOGIN_KEYS: number[] = [
  API_KEYS.SaslHandshake,
  API_KEYS.SaslAuthenticate,
];

/** Errors of sockets that are about the network, which may be better a moment later. */
const PASSING = [
  "ECONNREFUSED",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "ETIMEDOUT",
];

/** What `node:tls` says of a broker's certificate begins so. */
const CERTIFICATE_CODE =
  /^(CERT_|UNABLE_TO_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED)/;

/** How long to look for a reason, and for how long what was found is believed. */
const KNOCK_MS = 1_500;
const MEMORY_MS = 1_000;

/** For clusters that several mends come by. */
const explained = new WeakSet<object>();

/**
 * Ends a client's tries to connect where no trying again helps: an expired or
 * unknown certificate, TLS offered to a port without it or withheld, a missing
 * or refused login. KafkaJS 2.2.4 repeats most of them as if the broker were
 * down, 25 s long with 30 retries, and names few of them: of a missing login it
 * says "Closed connection". Here the error says what was found and what to do,
 * and comes as soon as all of the client's addresses have refused it.
 *
 * Of a broker that is down or breaks a connection, nothing changes.
 *
 * @param cluster A client's cluster, as `visitClusters()` hands it over.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { Kafka, logLevel } from "kafkajs";
 * import { visitClusters } from "./inner_cluster.ts";
 *
 * // This broker has no TLS.
 * const kafka = new Kafka({ brokers: ["localhost:9092"], ssl: true, logLevel: logLevel.NOTHING });
 * visitClusters(kafka, explainRefusals);
 *
 * const admin = kafka.admin();
 * await assertRejects(
 *   () => admin.connect(),
 *   Error,
 *   "Cannot connect to Kafka as localhost:9092 answers only without TLS: unset KAFKA_SSL",
 * );
 * await admin.disconnect();
 * ```
 */
export function explainRefusals(cluster: InnerCluster): void {
  const builder = cluster.brokerPool.connectionPoolBuilder;
  if (explained.has(builder)) return;
  explained.add(builder);
  const client = new Refusals();
  visitConnections(
    cluster,
    (connection) => client.watch(connection as Refusable),
  );
}

/** What one client has heard of its brokers. */
class Refusals {
  /** Those that answered: what breaks their connections later is not a refusal. */
  readonly #open = new Set<string>();
  /** Those that refused, since the last that may yet take this client. */
  readonly #refused = new Set<string>();
  readonly #found = new Map<
    string,
    { at: number; finding: Promise<Finding> }
  >();

  watch(connection: Refusable): void {
    const { connect, authenticate, send } = connection;
    connection.connect = async () => {
      return await this.#explain(connection, () => connect.call(connection));
    };
    connection.authenticate = async () => {
      await this.#explain(connection, () => authenticate.call(connection));
    };
    connection.send = async (call) => {
      const { apiKey } = call.request;
      // What these end with comes by again, as the error of the login.
      if (LOGIN_KEYS.includes(apiKey)) return await send.call(connection, call);
      const answer = await this.#explain(
        connection,
        () => send.call(connection, call),
      );
      if (apiKey === API_KEYS.Metadata && namesNobody(answer)) {
        this.#refuseToken(connection);
      } else if (apiKey !== API_KEYS.ApiVersions) {
        this.#open.add(formatAddress(connection));
        this.#refused.clear();
      }
      // deno-lint-ignore no-explicit-any
      return answer as any;
    };
  }

  async #explain<T>(
    connection: Refusable,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await this.#explanation(connection, error);
    }
  }

  /** A broker names itself at least, unless it has refused a token: KafkaJS 2.2.4 does not read that. */
  #refuseToken(connection: Refusable): void {
    const { sasl } = connection;
    const finding = sasl && refusedToken(connection, sasl);
    if (!finding) return;
    throw this.#errorOf(finding, connection, {
      cause: new Error("An answer to a Metadata request that names no broker"),
      isCertain: false,
    });
  }

  async #explanation(connection: Refusable, error: unknown): Promise<unknown> {
    if (refusals.has(error as object)) return error;
    const { sasl } = connection;
    const address = formatAddress(connection);
    if (sasl && isBrokenLogin(error, sasl)) {
      this.#refused.clear();
      const { message } = error as Error;
      return new KafkaJSConnectionError(message, { broker: address });
    }
    const finding = await this.#findingOf(connection, error);
    if (!finding) {
      if (isOfSocket(error)) this.#refused.clear();
      return error;
    }
    // A token may be refused, or the broker end just then; of a login, all else is certain.
    const isGuess = Boolean(sasl) && isOfSocket(error);
    return this.#errorOf(finding, connection, {
      cause: error,
      isCertain: finding.kind === "login" && !isGuess,
    });
  }

  #errorOf(
    { finding, advice }: Finding,
    connection: Address,
    { cause, isCertain }: { cause: unknown; isCertain: boolean },
  ): Error {
    const address = formatAddress(connection);
    const sentence = `Cannot connect to Kafka as ${finding}${
      advice ? `: ${advice}` : ""
    }`;
    // KafkaJS takes one address after another: the second time here, it has been round.
    const isFinal = isCertain || this.#refused.has(address);
    this.#refused.add(address);
    return isFinal
      ? refusal(sentence, cause)
      : new KafkaJSConnectionError(sentence, { broker: address });
  }

  async #findingOf(
    { host, port, ssl, sasl }: Refusable,
    error: unknown,
  ): Promise<Finding | undefined> {
    const address = { host, port };
    if (sasl) {
      const found = await loginRefusal(error, address, { ssl, sasl }, KNOCK_MS);
      if (found) return found;
    }
    const code = codeOf(error);
    if (!isOfSocket(error) || PASSING.includes(code)) return undefined;
    if ((error as Error).message === "Connection timeout") return undefined;
    const isOpen = this.#open.has(formatAddress(address));
    if (isOpen && !CERTIFICATE_CODE.test(code)) return undefined;
    const finding = await this.#knock(address, {
      ssl,
      hasLogin: Boolean(sasl),
    });
    if (finding.kind === "kafka" && sasl) return refusedToken(address, sasl);
    return FINAL.includes(finding.kind) ? finding : undefined;
  }

  /** Connections that fail side by side, and the try that follows at once, share one knock. */
  #knock(
    address: Address,
    { ssl, hasLogin }: { ssl: Credentials["ssl"]; hasLogin: boolean },
  ): Promise<Finding> {
    const key = formatAddress(address);
    const known = this.#found.get(key);
    if (known && Date.now() - known.at < MEMORY_MS) return known.finding;
    const finding = knock(address, { ssl, hasLogin, timeoutMs: KNOCK_MS });
    this.#found.set(key, { at: Date.now(), finding });
    return finding;
  }
}

function namesNobody(metadata: unknown): boolean {
  const { brokers } = metadata as { brokers?: unknown[] };
  return brokers?.length === 0;
}

/** Whether a connection broke, or never stood. */
function isOfSocket(error: unknown): boolean {
  const { name } = error as Error;
  return name === "KafkaJSConnectionError" ||
    name === "KafkaJSConnectionClosedError" ||
    // KafkaJS writes to a socket that an alert of TLS has ended.
    codeOf(error).startsWith("ERR_STREAM_");
}

/** The code of an error of sockets; those of Kafka's protocol are numbers. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "";
}

/** Those made here, so that none is explained twice. */
const refusals = new WeakSet<object>();

/** An error after which KafkaJS does not try again. It has the name of KafkaJS's own where that says what it is. */
function refusal(sentence: string, cause: unknown): Error {
  const { name } = cause as Error;
  const error = Object.assign(new KafkaJSNonRetriableError(sentence), {
    cause,
    ...(name === "KafkaJSSASLAuthenticationError" ? { name } : {}),
  });
  refusals.add(error);
  return error;
}
