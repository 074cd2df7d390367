import * as net from "node:net";
import * as tls from "node:tls";
import type { ISocketFactory } from "kafkajs";
import type { CertificateWithKey } from "../brokers/certificates.ts";
import { type Address, parseAddress } from "../client/address.ts";

/** How a wiretap reaches the broker, and what it shows to clients. */
export interface WiretapOptions {
  /**
   * A certificate to show to clients: then it takes TLS apart and reads what is
   * inside. By default it passes on the bytes as they are.
   */
  certificate?: CertificateWithKey;
  /** With a certificate: whom it trusts towards the broker, as a PEM text. */
  authority?: string;
}

/** A stranger on the way between a client and a broker. */
export interface Wiretap {
  /** Where it listens: `127.0.0.1:40123`. */
  readonly address: string;
  /** Leads a KafkaJS client here, wherever it wants to go, as a router could. */
  readonly socketFactory: ISocketFactory;
  /**
   * Looks for a text among what has passed by, in either direction.
   *
   * @param text The text, in ASCII.
   * @returns Whether it was readable.
   */
  hasSeen(text: string): boolean;
  /** How many bytes have passed by. */
  readonly byteCount: number;
  /** Does nothing, as it listens already; named so that `notebook.use()` takes it. */
  connect(): Promise<void>;
  /** Closes its connections and stops listening. */
  disconnect(): Promise<void>;
}

/**
 * Stands between clients and one address of a broker, and reads along: what a
 * router, a proxy or a cloud's network could. It changes nothing. With a
 * certificate of its own it plays the broker to the client and the client to
 * the broker, which works if the client does not check whom it talks to.
 *
 * Brokers tell clients their own addresses; a KafkaJS client is led here by the
 * wiretap's `socketFactory`, which connects to nothing else.
 *
 * @param broker The address of the broker's listener: `"localhost:9092"`.
 * @param options What is needed to read along where there is TLS.
 * @returns The wiretap, listening on a free port.
 * @throws {RangeError} If `broker` is not an address.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const wire = wiretap(`127.0.0.1:${server.addr.port}`);
 *
 * const [hostname = "", port = ""] = wire.address.split(":");
 * const client = await Deno.connect({ hostname, port: Number(port) });
 * await client.write(new TextEncoder().encode("my secret"));
 * const passedOn = await server.accept();
 * await passedOn.read(new Uint8Array(9));
 * assertEquals([wire.hasSeen("secret"), wire.byteCount], [true, 9]);
 *
 * client.close();
 * passedOn.close();
 * server.close();
 * await wire.disconnect();
 * ```
 */
export function wiretap(
  broker: string,
  { certificate, authority }: WiretapOptions = {},
): Wiretap {
  const to = addressOf(broker);
  const here = { hostname: "127.0.0.1", port: 0 };
  const listener = certificate
    ? Deno.listenTls({
      ...here,
      cert: certificate.certificate,
      key: certificate.privateKey,
    })
    : Deno.listen(here);
  const dial = () => {
    const there = { hostname: to.host, port: to.port };
    if (!certificate) return Deno.connect(there);
    return Deno.connectTls({ ...there, caCerts: authority ? [authority] : [] });
  };
  const connections = new Set<Deno.Conn>();
  const copies = new Set<Promise<void>>();
  let seen = "";

  const copy = async (from: Deno.Conn, into: Deno.Conn) => {
    const writer = into.writable.getWriter();
    try {
      for await (const bytes of from.readable) {
        seen += new TextDecoder("latin1").decode(bytes);
        await writer.write(bytes);
      }
      await writer.close();
    } catch {
      // One side is gone, so the other one goes.
      closeQuietly(into);
    }
  };
  const join = async (client: Deno.Conn) => {
    connections.add(client);
    try {
      const broker = await dial();
      connections.add(broker);
      await Promise.all([copy(client, broker), copy(broker, client)]);
    } catch {
      // The client refuses the certificate, or the broker is not there.
    } finally {
      closeQuietly(client);
    }
  };
  const accept = async () => {
    while (true) {
      try {
        const work = join(await listener.accept());
        copies.add(work);
        void work.then(() => copies.delete(work));
      } catch (error) {
        // Of TLS, a handshake that fails may be reported here; the next client may do better.
        if (error instanceof Deno.errors.BadResource) return;
        if (error instanceof Deno.errors.Interrupted) return;
      }
    }
  };
  const accepting = accept();
  const { port } = listener.addr as Deno.NetAddr;
  return {
    address: `127.0.0.1:${port}`,
    // A name in a certificate is compared with the one that the client asked for.
    socketFactory: ({ host, ssl, onConnect }) =>
      ssl
        ? tls.connect({
          ...{ host: "127.0.0.1", port, servername: host },
          ...ssl,
        }, onConnect)
        : net.connect({ host: "127.0.0.1", port }, onConnect),
    hasSeen: (text) => seen.includes(text),
    get byteCount() {
      return seen.length;
    },
    connect: () => Promise.resolve(),
    async disconnect() {
      closeQuietly(listener);
      for (const connection of connections) closeQuietly(connection);
      await accepting;
      await Promise.all(copies);
    },
  };
}

function addressOf(broker: string): Address {
  const address = parseAddress(broker);
  if (address) return address;
  throw new RangeError(
    `Cannot tap the wire to '${broker}' as it is not an address like localhost:9092`,
  );
}

function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch {
    // It is closed already.
  }
}
