import { KafkaJSConnectionError } from "kafkajs/src/errors.js";
import { formatAddress } from "./address.ts";
import type { InnerCluster, InnerConnectionPool } from "./inner_cluster.ts";

/** A broker as KafkaJS 2.2.4 has it, of one of the client's addresses. */
interface SeedBroker {
  connectionPool: InnerConnectionPool;
  /** What it takes, once it has been asked. */
  versions: object | null;
  connect(): Promise<void>;
}

/** What finds a client's first broker. */
interface SeedPool {
  seedBroker?: SeedBroker;
  hasConnectedBrokers(): boolean;
  connect(): Promise<void>;
  createSeedBroker(): Promise<void>;
}

/** After how long a broker is passed over: long enough for one on a busy machine. */
const SILENCE_MS = 5_000;

/** For clusters that several mends come by. */
const mended = new WeakSet<object>();

/**
 * Has a client pass over addresses at which a broker takes the connection and
 * then keeps silent, as a frozen one does. KafkaJS 2.2.4 takes the next address
 * only when one refuses the connection, and asks a silent one until its retries
 * are used up (kafkajs#368); and when it has lost all connections later, it does
 * not even ask whether the broker that it goes back to still answers. Here an
 * address has 5 s to answer, each time, or `requestTimeout` if that is shorter.
 *
 * @param cluster A client's cluster, as `visitClusters()` hands it over.
 *
 * @example Usage
 * ```ts
 * import { Kafka, logLevel } from "kafkajs";
 * import { visitClusters } from "./inner_cluster.ts";
 *
 * using frozen = Deno.listen({ hostname: "127.0.0.1", port: 0 }); // takes connections, and is silent
 * const brokers = [`127.0.0.1:${frozen.addr.port}`, "localhost:9092"];
 * const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
 * visitClusters(kafka, passOverSilent);
 *
 * const admin = kafka.admin();
 * await admin.connect();
 * await admin.disconnect();
 * ```
 */
export function passOverSilent(cluster: InnerCluster): void {
  if (mended.has(cluster)) return;
  mended.add(cluster);
  const pool = cluster.brokerPool as unknown as SeedPool;
  // What stands in place of KafkaJS in a test connects to nothing.
  if (!pool.createSeedBroker) return;
  const connect = pool.connect.bind(pool);
  pool.connect = async () => {
    // So that it is asked for them once more.
    if (pool.seedBroker && !pool.hasConnectedBrokers()) {
      pool.seedBroker.versions = null;
    }
    await connect();
  };
  const createSeedBroker = pool.createSeedBroker.bind(pool);
  pool.createSeedBroker = async () => {
    await createSeedBroker();
    refuseIfSilent(pool.seedBroker!);
  };
}

/** Has a broker that does not answer in time count as one that refuses the connection. */
function refuseIfSilent(seed: SeedBroker): void {
  const connect = seed.connect.bind(seed);
  seed.connect = async () => {
    const broker = formatAddress(seed.connectionPool);
    const silent = new KafkaJSConnectionError(
      `${broker} takes connections, and does not answer`,
      { broker },
    );
    const giveUp = () => {
      for (const connection of seed.connectionPool.pool) {
        // What is not connected yet has a timeout of KafkaJS's.
        if (!connection.isConnected()) continue;
        connection.rejectRequests(silent);
        connection.socket?.destroy();
      }
    };
    const timer = setTimeout(giveUp, SILENCE_MS);
    try {
      await connect();
    } catch (error) {
      const isSilent = (error as Error).name === "KafkaJSRequestTimeoutError";
      throw isSilent ? silent : error;
    } finally {
      clearTimeout(timer);
    }
  };
}
