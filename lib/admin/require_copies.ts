import type { Kafka } from "kafkajs";
import { withBrokers } from "../client/broker_connections.ts";
import { fetchMetadata } from "./metadata.ts";

const MOST_NAMED = 5;

/**
 * Makes sure that every topic of a cluster has some number of copies, for
 * whoever counts what the loss of one broker does.
 *
 * @param kafka The cluster.
 * @param copies How many copies each partition must have, at least.
 * @throws {Error} If a topic has fewer. The message names some of them, and says what to do.
 * @throws {DeadlineError} If no broker answers within 15 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * await requireCopies(kafkaClient(), 1);
 * ```
 */
export async function requireCopies(
  kafka: Kafka,
  copies: number,
): Promise<void> {
  const { topics } = await withBrokers(
    kafka,
    async (brokers) => await fetchMetadata(await brokers.any()),
    { what: "the cluster's topics" },
  );
  const thin = topics.filter(({ partitions }) =>
    partitions.some(({ replicas }) => replicas.length < copies)
  ).map(({ name }) => `'${name}'`);
  if (thin.length === 0) return;
  const more = thin.length - MOST_NAMED;
  throw new Error(
    `Cannot go on as the cluster has topics with fewer than ${copies} copies, which miss a broker more than others do: ${
      thin.slice(0, MOST_NAMED).join(", ")
    }${
      more > 0 ? ` and ${more} more` : ""
    }; delete them, or the cluster's data with 'deno task kafka reset'`,
  );
}
