import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Connection } from "./connection.ts";

/** What a knock at an address found. */
export interface ProbeAnswer {
  /** The address, `host:port`. */
  address: string;
  /**
   * `kafka`: a broker. `nothing`: no process listens, or no such host.
   * `silence`: the connection stands, no answer came. `stranger`: the answer is
   * not Kafka's. `encryption`: TLS was offered to a port without it, or withheld.
   */
  kind: "kafka" | "nothing" | "silence" | "stranger" | "encryption";
  /** The finding as a clause: "nothing listens at localhost:9092". */
  finding: string;
}

/** How {@linkcode probeBroker} knocks. */
export interface ProbeOptions {
  /** After how long to call it silence, in milliseconds. 2 s by default. */
  timeoutMs?: number;
  /** Whether to knock with TLS. */
  ssl?: boolean;
}

/**
 * Thrown when no broker answers. Its message says what to do.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { connectionFromEnvironment } from "./connection.ts";
 *
 * const nowhere = connectionFromEnvironment({ KAFKA_BROKERS: "127.0.0.1:1" });
 * await assertRejects(() => findBroker(nowhere), NoBrokerError, "127.0.0.1:1");
 * ```
 */
export class NoBrokerError extends Error {
  override name = "NoBrokerError";
  /** What was found at each address. */
  answers: ProbeAnswer[] = [];
}

const API_VERSIONS = 18;
// The correlation id is "\r\n\r\n": what waits for lines, as web servers do, answers it, too.
const CORRELATION_ID = 0x0d0a0d0a;
const LONGEST_ANSWER = 64 * 1024;

/**
 * Finds out within two seconds what, if anything, listens at an address. It
 * sends the one request every broker answers before a login, ApiVersions in
 * version 0, and reads the answer's head by hand. KafkaJS would retry a dead
 * address for ten seconds and not tell a web server from a broker.
 *
 * @param address The broker's `host:port`.
 * @returns What answered. It never throws because of what it finds.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const answer = await probeBroker("localhost:1");
 * assertEquals(answer.kind, "nothing");
 * assertEquals(answer.finding, "nothing listens at localhost:1");
 * ```
 */
export function probeBroker(
  address: string,
  { timeoutMs = 2_000, ssl = false }: ProbeOptions = {},
): Promise<ProbeAnswer> {
  const colon = address.lastIndexOf(":");
  const [host, port] = [
    address.slice(0, colon),
    Number(address.slice(colon + 1)),
  ];
  return new Promise((resolve) => {
    let connected = false;
    let received = new Uint8Array();

    const end = (kind: ProbeAnswer["kind"], finding: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ address, kind, finding });
    };
    const onConnect = () => {
      connected = true;
      socket.write(apiVersionsRequest());
    };
    const onData = (bytes: Uint8Array) => {
      received = joined(received, bytes);
      const kind = judge(received);
      if (kind) end(kind, found(kind, address));
    };
    const onError = (error: NodeJS.ErrnoException) => {
      if (connected && !ssl) {
        end("stranger", `${address} broke the connection off`);
      } else end(...findingOf(error, address, ssl));
    };
    const onClose = () => end("encryption", closedFinding(address, ssl));
    const timer = setTimeout(() => {
      const seconds = `within ${timeoutMs / 1000} s`;
      if (received.length > 0) end("stranger", found("stranger", address));
      else if (connected) {
        end(
          "silence",
          `${address} takes connections but does not answer ${seconds}`,
        );
      } else end("nothing", `${address} cannot be reached ${seconds}`);
    }, timeoutMs);

    const socket: Socket = ssl
      ? connectTls(
        { host, port, ...(isIP(host) ? {} : { servername: host }) },
        onConnect,
      )
      : connect({ host, port }, onConnect);
    socket.on("data", onData).on("error", onError).on("end", onClose).on(
      "close",
      onClose,
    );
  });
}

/**
 * Finds a broker that answers, or says in one sentence why there is none and
 * what to do. All addresses are asked at once.
 *
 * @param connection The addresses, as `connectionFromEnvironment()` reads them.
 * @param options How long to wait, and the command that starts these brokers.
 * @returns The address of a broker that answered.
 * @throws {NoBrokerError} If none does, within `timeoutMs`.
 *
 * @example Usage
 * ```ts
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () => findBroker({ brokers: ["localhost:1"], ssl: false, chosen: false }),
 *   NoBrokerError,
 *   "nothing listens at localhost:1: start Kafka with",
 * );
 * ```
 */
export async function findBroker(
  { brokers, ssl, chosen }: Connection,
  { timeoutMs = 2_000, startWith = "deno task kafka up" }: {
    timeoutMs?: number;
    startWith?: string;
  } = {},
): Promise<string> {
  const answers = await Promise.all(
    brokers.map((address) => probeBroker(address, { timeoutMs, ssl })),
  );
  const found = answers.find(({ kind }) => kind === "kafka");
  if (found) return found.address;
  const findings = answers.map(({ finding }) => finding).join("; ");
  const error = new NoBrokerError(
    `No Kafka: ${findings}: ${advice(answers, chosen, startWith)}`,
  );
  error.answers = answers;
  throw error;
}

function advice(
  answers: ProbeAnswer[],
  chosen: boolean,
  startWith: string,
): string {
  const kinds = new Set(answers.map(({ kind }) => kind));
  if (answers.some(({ finding }) => finding.includes("certificate"))) {
    return "to trust its certificate, set DENO_CERT to its authority's PEM file";
  }
  if (kinds.has("encryption")) return "check KAFKA_SSL and KAFKA_BROKERS";
  if (chosen) {
    return `check KAFKA_BROKERS, or unset it and start Kafka with '${startWith}'`;
  }
  if (kinds.has("silence")) {
    return `is the broker frozen? 'deno task kafka status' tells`;
  }
  if (kinds.has("stranger")) {
    return `end that process, then start Kafka with '${startWith}'`;
  }
  return `start Kafka with '${startWith}'`;
}

/** Size, then header version 1 (key, version, correlation id, client id); version 0 has no body. */
function apiVersionsRequest(): Uint8Array {
  const clientId = new TextEncoder().encode("probe");
  const request = new DataView(new ArrayBuffer(14 + clientId.length));
  request.setInt32(0, request.byteLength - 4);
  request.setInt16(4, API_VERSIONS);
  request.setInt16(6, 0);
  request.setInt32(8, CORRELATION_ID);
  request.setInt16(12, clientId.length);
  const bytes = new Uint8Array(request.buffer);
  bytes.set(clientId, 14);
  return bytes;
}

/** A broker's answer: size, our correlation id, error code, then the list of its requests. */
function judge(
  received: Uint8Array,
): "kafka" | "stranger" | "encryption" | undefined {
  const answer = new DataView(
    received.buffer,
    received.byteOffset,
    received.byteLength,
  );
  // A TLS alert: record type 21, protocol 3.x.
  if (
    answer.byteLength >= 2 && answer.getUint8(0) === 21 &&
    answer.getUint8(1) === 3
  ) return "encryption";
  if (answer.byteLength < 4) return undefined;
  const size = answer.getInt32(0);
  if (size < 6 || size > LONGEST_ANSWER) return "stranger";
  if (answer.byteLength < 8) return undefined;
  return answer.getInt32(4) === CORRELATION_ID ? "kafka" : "stranger";
}

function found(kind: ProbeAnswer["kind"], address: string): string {
  if (kind === "kafka") return `a broker answers at ${address}`;
  if (kind === "encryption") return `${address} answers with TLS`;
  return `something that is not Kafka answers at ${address}`;
}

function closedFinding(address: string, ssl: boolean): string {
  return ssl
    ? `${address} closed the connection at the TLS handshake, often because it has no TLS`
    : `${address} closed the connection without an answer, often because it expects TLS`;
}

function findingOf(
  error: NodeJS.ErrnoException,
  address: string,
  ssl: boolean,
): [ProbeAnswer["kind"], string] {
  const code = error.code ?? "";
  if (code === "ECONNREFUSED") {
    return ["nothing", `nothing listens at ${address}`];
  }
  if (["ENOTFOUND", "EAI_AGAIN"].includes(code)) {
    return [
      "nothing",
      `there is no host '${address.slice(0, address.lastIndexOf(":"))}'`,
    ];
  }
  if (ssl) {
    return [
      "encryption",
      `the TLS handshake with ${address} failed (${error.message})`,
    ];
  }
  return ["nothing", `${address} cannot be reached (${error.message})`];
}

function joined(before: Uint8Array, more: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(before.length + more.length);
  all.set(before);
  all.set(more, before.length);
  return all;
}
