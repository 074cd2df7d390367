import type {
  ProduceCall,
  ProducerBroker,
  ProducerCluster,
} from "./producer_cluster.ts";

/** What {@linkcode watchProduceRequests} calls. */
export interface ProduceWatch {
  /**
   * KafkaJS is about to encode a produce request. If this throws, the request is not made.
   *
   * @param call The request.
   */
  encoding(call: ProduceCall): void;
  /**
   * The request is encoded, and goes out.
   *
   * @param call The request.
   */
  sent(call: ProduceCall): void;
}

/** A request of KafkaJS's on its way to a connection. */
interface Call {
  request: { encode(): Promise<unknown> };
}

/**
 * Says of each produce request of a cluster when it is made and when it goes
 * out. From KafkaJS's own errors it cannot be known whether anything was sent.
 * Only this cluster is touched.
 *
 * @param cluster The cluster of a KafkaJS producer, before it connects.
 * @param watch What to call.
 * @returns Whether it can: not with what stands in place of KafkaJS in a test.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "./kafka_client.ts";
 * import { visitClusters } from "./inner_cluster.ts";
 * import type { ProducerCluster } from "./producer_cluster.ts";
 *
 * const kafka = kafkaClient();
 * let canTell = false;
 * const leave = visitClusters(kafka, (cluster) => {
 *   canTell = watchProduceRequests(
 *     cluster as unknown as ProducerCluster,
 *     { encoding() {}, sent() {} },
 *   );
 * });
 * kafka.producer();
 * leave();
 * assertEquals(canTell, true);
 * ```
 */
export function watchProduceRequests(
  { brokerPool }: ProducerCluster,
  watch: ProduceWatch,
): boolean {
  const { createBroker } = brokerPool;
  if (!createBroker) return false;
  brokerPool.createBroker = (options) => {
    const broker = createBroker(options);
    const { produce } = broker;
    broker.produce = (call) =>
      produce.call(watchedBroker(broker, call, watch), call);
    return broker;
  };
  return true;
}

/** The broker, for one produce request. */
function watchedBroker(
  broker: ProducerBroker,
  call: ProduceCall,
  watch: ProduceWatch,
): ProducerBroker {
  const { connectionPool } = broker;
  const send = ({ request, ...rest }: Call & object) => {
    const encode = async () => {
      watch.encoding(call);
      const encoded = await request.encode();
      watch.sent(call);
      return encoded;
    };
    return connectionPool.send(
      { ...rest, request: { ...request, encode } } as unknown as Parameters<
        typeof connectionPool.send
      >[0],
    );
  };
  return Object.create(broker, {
    connectionPool: {
      value: Object.create(connectionPool, { send: { value: send } }),
    },
  });
}
