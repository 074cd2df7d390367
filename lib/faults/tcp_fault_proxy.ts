import { Buffer } from "node:buffer";
import { formatAddress, parseAddress } from "../client/address.ts";
import {
  ADDRESSING_APIS,
  type AdvertisedAddress,
  readvertise,
  type ResponseKind,
} from "./advertised_brokers.ts";
import { API_KEYS } from "../client/api_key.ts";
import { frameReader } from "./frame_reader.ts";
import type { SocketFaults } from "./socket_faults.ts";

/** A proxy that is listening. */
export interface TcpFaultProxy extends AsyncDisposable {
  /** What to give to a client as its bootstrap server: `127.0.0.1:40123`. */
  readonly address: string;
  /** Closes all connections and stops listening. */
  close(): Promise<void>;
}

/** How the proxy is reached. */
export interface TcpFaultProxyOptions {
  /** The address to listen on and to report to clients: `127.0.0.1` by default; `::1` will do, too. */
  host?: string;
}

/** Such a request is answered within the last few that a client has open. */
const MOST_OPEN = 100;

/**
 * Stands between the brokers and a client of any language, and makes faults of
 * the network happen to it: those of {@linkcode socketFaults}, which also counts
 * its requests. Brokers tell clients their own addresses, and clients connect
 * to those; so the proxy rewrites the responses that name brokers (Metadata,
 * FindCoordinator, DescribeCluster), and listens once for each broker. So
 * consumers and transactions go through it, too. The hints at a new leader in
 * an error (KIP-951) pass as they are. Connections must be unencrypted.
 *
 * Java's clients check that responses come in order. For them take
 * `hangConnection` or `cutConnection`, not `dropResponse`: what TCP loses is
 * never a piece from the middle.
 *
 * @param broker The address of a broker, `host:port` or `[::1]:port`.
 * @param faults The faults to make.
 * @param options Where to listen.
 * @returns The proxy, listening on a port that was free.
 * @throws {RangeError} If `broker` is not an address.
 *
 * @example A client that reaches its broker through the proxy
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connectionFromEnvironment } from "../client/connection.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { socketFaults } from "./socket_faults.ts";
 *
 * const [broker] = connectionFromEnvironment().brokers;
 * const wire = socketFaults();
 * await using proxy = tcpFaultProxy(broker!, wire);
 *
 * const admin = kafkaClient({ brokers: [proxy.address] }).admin();
 * await admin.connect();
 * const { brokers } = await admin.describeCluster();
 * assertEquals(brokers[0]!.host, "127.0.0.1");
 * assertEquals(wire.requestCounts().Metadata! > 0, true);
 * await admin.disconnect();
 * ```
 */
export function tcpFaultProxy(
  broker: string,
  faults: SocketFaults,
  { host = "127.0.0.1" }: TcpFaultProxyOptions = {},
): TcpFaultProxy {
  const listeners = new Map<string, Deno.Listener>();
  const links = new Set<Link>();
  const accepting: Promise<void>[] = [];

  const addressOf = (advertised: AdvertisedAddress): AdvertisedAddress => {
    const name = formatAddress(advertised);
    const listener = listeners.get(name) ?? listen(name, advertised);
    return { host, port: (listener.addr as Deno.NetAddr).port };
  };
  const listen = (name: string, to: AdvertisedAddress): Deno.Listener => {
    const listener = Deno.listen({ hostname: host, port: 0 });
    listeners.set(name, listener);
    accepting.push(accept(listener, to));
    return listener;
  };
  const accept = async (listener: Deno.Listener, to: AdvertisedAddress) => {
    for await (const client of listener) {
      const link = join(client, to, faults, addressOf);
      links.add(link);
      void link.ended.then(() => links.delete(link));
    }
  };

  const { port } = addressOf(addressOfBroker(broker));
  const close = async () => {
    for (const listener of listeners.values()) listener.close();
    listeners.clear();
    for (const link of links) link.close();
    await Promise.all([...accepting, ...[...links].map(({ ended }) => ended)]);
  };
  return {
    address: formatAddress({ host, port }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A client's connection and the one to the broker that carries it on. */
interface Link {
  close(): void;
  /** When both are closed. */
  ended: Promise<void>;
}

/** Joins a client to a broker by a socket with faults. */
function join(
  client: Deno.Conn,
  to: AdvertisedAddress,
  faults: SocketFaults,
  addressOf: (advertised: AdvertisedAddress) => AdvertisedAddress,
): Link {
  const broker = faults.socketFactory({
    ...to,
    ssl: undefined as never, // no TLS
    onConnect: () => {},
  });
  const rewrite = addressRewriter(addressOf);
  const toClient = client.writable.getWriter();
  const close = () => {
    broker.destroy();
    closeQuietly(client);
  };
  broker.on("data", (frame: Buffer) => {
    toClient.write(rewrite.response(frame)).catch(close);
  });
  for (const event of ["end", "error", "close"]) broker.on(event, close);

  const carry = async () => {
    try {
      for await (const piece of client.readable) {
        const bytes = Buffer.from(piece);
        rewrite.request(bytes);
        broker.write(bytes);
      }
    } catch {
      // The connection broke, or was closed from here.
    } finally {
      close();
    }
  };
  return { close, ended: carry() };
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

/** The kinds of requests whose answers name brokers, by their numbers. */
const ADDRESSING = new Map(
  ADDRESSING_APIS.map((api) => [API_KEYS[api] as number, api]),
);

/** Notes which requests ask for brokers, and rewrites the responses to them. */
function addressRewriter(
  addressOf: (advertised: AdvertisedAddress) => AdvertisedAddress,
) {
  const read = frameReader();
  const open = new Map<number, ResponseKind>();
  return {
    request(piece: Buffer): void {
      for (const frame of read(piece)) {
        const api = ADDRESSING.get(frame.readInt16BE(4));
        if (!api) continue;
        open.set(frame.readInt32BE(8), { api, version: frame.readInt16BE(6) });
        const [oldest] = open.keys();
        if (open.size > MOST_OPEN) open.delete(oldest!);
      }
    },
    /** `frame` is whole: a socket with faults passes whole frames only. */
    response(frame: Buffer): Buffer {
      const id = frame.readInt32BE(4);
      const kind = open.get(id);
      open.delete(id);
      return kind ? readvertise(frame, kind, addressOf) : frame;
    },
  };
}

function addressOfBroker(text: string): AdvertisedAddress {
  const address = parseAddress(text);
  if (address) return address;
  throw new RangeError(
    `Cannot put a proxy before a broker as its address must be host:port: current value is '${text}'`,
  );
}
