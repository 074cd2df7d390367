import type { InnerCluster } from "../client/inner_cluster.ts";
import type { ProduceRequest } from "../producer/produce_request.ts";

/** What KafkaJS sends: a request, and how to read its answer. */
export interface InnerExchange {
  /** The request. */
  request: object;
  /** What reads its answer. */
  response: { parse(decoded: unknown): Promise<unknown> };
}

/** A broker as KafkaJS 2.2.4 keeps it inside. */
export interface InnerBroker {
  /**
   * Finds what makes requests of one kind, in the newest version that both sides know.
   *
   * @param definition The request's API key, and KafkaJS's versions of the request.
   * @returns What makes a request from its arguments.
   */
  lookupRequest(...definition: unknown[]): (args: unknown) => InnerExchange;
  /**
   * Sends a produce request.
   *
   * @param request The records by topic and partition, and how they are to be written.
   * @returns The answer, as KafkaJS parses it; none for `acks: 0`.
   */
  produce(request: ProduceRequest): Promise<unknown>;
  /**
   * Asks for the cluster's metadata.
   *
   * @param topics The names of the topics to ask for. All of them by default.
   * @returns The answer, as KafkaJS parses it.
   */
  metadata(topics?: string[]): Promise<unknown>;
}

/** What makes brokers, as KafkaJS 2.2.4 keeps it inside. */
interface BrokerMaker {
  createBroker?(options: unknown): InnerBroker;
}

/**
 * Calls a function for each broker that a cluster comes to know.
 *
 * @param cluster A client's cluster, as `visitClusters()` hands it over, not connected.
 * @param visit What to do with a broker before it is used.
 *
 * @example Usage
 * ```ts
 * import { assert } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { visitClusters } from "../client/inner_cluster.ts";
 *
 * const kafka = kafkaClient();
 * let brokers = 0;
 * const leave = visitClusters(kafka, (cluster) => visitBrokers(cluster, () => void brokers++));
 * const admin = kafka.admin();
 * leave();
 * await admin.connect();
 * await admin.disconnect();
 * assert(brokers > 0);
 * ```
 */
export function visitBrokers(
  { brokerPool }: InnerCluster,
  visit: (broker: InnerBroker) => void,
): void {
  const pool = brokerPool as unknown as BrokerMaker;
  const { createBroker } = pool;
  if (createBroker === undefined) return; // a stand-in for KafkaJS
  pool.createBroker = (options) => {
    const broker = createBroker(options);
    visit(broker);
    return broker;
  };
}

/**
 * A broker that makes its requests in another way. Call one method of it at a
 * time: the broker itself stays as it is.
 *
 * @param broker The broker.
 * @param change Makes the exchange to send in place of KafkaJS's.
 * @returns What to call the method on.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const response = { parse: () => Promise.resolve(null) };
 * const broker = {
 *   lookupRequest: () => () => ({ request: { version: 1 }, response }),
 * } as unknown as InnerBroker;
 * const changed = withExchange(broker, (made) => ({ ...made, request: { version: 2 } }));
 * assertEquals(changed.lookupRequest()({}).request, { version: 2 });
 * assertEquals(broker.lookupRequest()({}).request, { version: 1 });
 * ```
 */
export function withExchange(
  broker: InnerBroker,
  change: (made: InnerExchange, args: unknown) => InnerExchange,
): InnerBroker {
  const lookupRequest = (...definition: unknown[]) => {
    const make = broker.lookupRequest(...definition);
    return (args: unknown) => change(make(args), args);
  };
  return Object.create(broker, { lookupRequest: { value: lookupRequest } });
}
