import type { Kafka } from "kafkajs";

/** What an experiment with a client gets from its surroundings; a notebook is one. */
export interface ClientLab {
  /** A client of our own, for what is not under test. */
  kafka: Kafka;
  /** Where the brokers are: `["localhost:9092"]`. */
  brokers: string[];
  /**
   * Makes a topic.
   *
   * @param base What its name begins with.
   * @param options How many partitions it has.
   * @returns Its name.
   */
  topic(base: string, options: { partitions: number }): Promise<string>;
  /**
   * Makes a fresh name for a group.
   *
   * @param base What it begins with.
   * @returns The name.
   */
  group(base: string): string;
}
