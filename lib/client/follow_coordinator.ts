import { brokerAnswer } from "./broker_answer.ts";
import type { InnerBroker, InnerCluster } from "./inner_cluster.ts";

/** What a member goes on asking of its coordinator between two joins. To ask the next one, too, does no harm. */
const FOLLOWED = ["heartbeat", "offsetCommit", "offsetFetch"] as const;
type Followed = typeof FOLLOWED[number];

const NO_ANSWER = [
  "KafkaJSRequestTimeoutError",
  "KafkaJSConnectionError",
  "KafkaJSConnectionClosedError",
];
const NOT_HERE = [
  "NOT_COORDINATOR_FOR_GROUP",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
];

/**
 * Has a consumer follow its group's coordinator to another broker. KafkaJS
 * 2.2.4 looks for it when the member joins, and then sends it every heartbeat:
 * if that broker is frozen, or does not coordinate the group any more, the
 * member asks it again and again, and processes nothing, until its retries are
 * used up. Here it looks again where it got no answer, or that one, and goes on
 * as the same member, as Java's consumer does.
 *
 * @param cluster The cluster of a consumer, before it is used.
 *
 * @example Usage
 * ```ts
 * import { Kafka } from "kafkajs";
 * import { visitClusters } from "./inner_cluster.ts";
 *
 * const kafka = new Kafka({ brokers: ["localhost:9092"] });
 * visitClusters(kafka, followCoordinator); // as kafkaClient() does for its consumers
 * ```
 */
export function followCoordinator(cluster: InnerCluster): void {
  const find = cluster.findGroupCoordinator.bind(cluster);
  const findBroker = cluster.findBroker.bind(cluster);
  const coordinators = new WeakSet<object>();

  cluster.findGroupCoordinator = async (wanted) => {
    let present = await find(wanted);
    const ask = async (request: Followed, payload: unknown) => {
      const asked = present;
      try {
        return await asked[request](payload);
      } catch (error) {
        if (!mayBeElsewhere(error)) throw error;
        const next = await find(wanted).catch(() => asked);
        // Not by its id: a broker that has moved to another address is another one, too.
        if (next === asked) throw error;
        present = next;
        return await next[request](payload);
      }
    };
    const coordinator = new Proxy(present, {
      get(_, name) {
        const request = FOLLOWED.find((one) => one === name);
        if (request) return (payload: unknown) => ask(request, payload);
        const value = Reflect.get(present, name);
        return typeof value === "function" ? value.bind(present) : value;
      },
    });
    coordinators.add(coordinator);
    return coordinator;
  };

  // KafkaJS looks up a coordinator that is not connected: asking it connects it, or finds the next.
  cluster.findBroker = async (wanted) =>
    coordinators.has(wanted) ? wanted as InnerBroker : await findBroker(wanted);
}

function mayBeElsewhere(error: unknown): boolean {
  return NO_ANSWER.includes((error as Error).name) ||
    NOT_HERE.includes(brokerAnswer(error) ?? "");
}
