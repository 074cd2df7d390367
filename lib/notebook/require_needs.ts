import type { Kafka } from "kafkajs";
import { type ClusterNeeds, missingNeeds } from "../admin/cluster_needs.ts";

/**
 * A cluster lacks what a notebook needs. The message is for a reader: what is
 * missing, and which setting to change.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const error = new MissingNeedsError("15", ["3 brokers are needed, and the cluster has 1"]);
 * assertEquals(
 *   error.message,
 *   "Cannot run notebook 15 on this cluster. 3 brokers are needed, and the cluster has 1.",
 * );
 * ```
 */
export class MissingNeedsError extends Error {
  /** A sentence for each thing that is missing. */
  readonly missing: readonly string[];

  /**
   * Says in one message what is missing.
   *
   * @param number The notebook's number.
   * @param missing A sentence for each thing, without its full stop.
   */
  constructor(number: string, missing: readonly string[]) {
    super(
      [`Cannot run notebook ${number} on this cluster`, ...missing]
        .map((sentence) => `${sentence}.`).join(" "),
    );
    this.name = "MissingNeedsError";
    this.missing = missing;
    // The page marks the cell; the way through this file is of no use to a reader.
    this.stack = String(this);
  }
}

/**
 * Asks a cluster for what a notebook needs, so that it fails in its first cell
 * and not somewhere in the middle.
 *
 * @param kafka The cluster.
 * @param number The notebook's number: "10".
 * @param needs What it needs.
 * @throws {MissingNeedsError} If something is missing.
 * @throws {DeadlineError} If no broker answers within 15 s.
 * @throws {InterruptedError} If the Stop button is pressed meanwhile.
 *
 * @example Usage
 * ```ts
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * await requireNeeds(kafkaClient(), "01", { brokers: 1, groups: true });
 * ```
 */
export async function requireNeeds(
  kafka: Kafka,
  number: string,
  needs: ClusterNeeds,
): Promise<void> {
  const missing = await missingNeeds(kafka, needs);
  if (missing.length > 0) throw new MissingNeedsError(number, missing);
}
