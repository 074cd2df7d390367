import type { Sender, TransactionalSender } from "./tested_client.ts";

interface Outgoing {
  topic: string;
  messages: { key?: string; value: string }[];
}

interface CanSend {
  send(records: Outgoing): Promise<unknown>;
}

/** What is used of a connected producer, KafkaJS's or one with its interface. */
export interface ProducerLikeKafkaJs extends CanSend {
  /**
   * Begins a transaction.
   *
   * @returns The transaction.
   */
  transaction(): Promise<CanSend & { commit(): Promise<void> }>;
  /** Closes its connections. */
  disconnect(): Promise<void>;
}

const sending = (by: CanSend): Sender["send"] => ({ topic, ...message }) =>
  by.send({ topic, messages: [message] });

/**
 * Puts a connected producer behind the calls that experiments need.
 *
 * @param producer The producer.
 * @returns The same, as a sender.
 *
 * @example Usage
 * ```ts ignore
 * const { send, close } = senderOf(producer);
 * ```
 */
export function senderOf(producer: ProducerLikeKafkaJs): Sender {
  return { send: sending(producer), close: () => producer.disconnect() };
}

/**
 * Puts a connected transactional producer behind the calls that experiments need.
 *
 * @param producer The producer.
 * @returns The same, as a sender of transactions.
 *
 * @example Usage
 * ```ts ignore
 * const transaction = await transactionsOf(producer).begin();
 * ```
 */
export function transactionsOf(
  producer: ProducerLikeKafkaJs,
): TransactionalSender {
  return {
    async begin() {
      const transaction = await producer.transaction();
      return {
        send: sending(transaction),
        commit: () => transaction.commit(),
      };
    },
    close: () => producer.disconnect(),
  };
}
