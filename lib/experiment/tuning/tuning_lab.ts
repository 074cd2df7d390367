import type { Consumer, Kafka, KafkaConfig } from "kafkajs";

/** What a measurement gets from its surroundings; a notebook is one. */
export interface TuningLab {
  kafka: Kafka;
  /** What a client is made with. */
  kafkaConfig: KafkaConfig;
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
  /**
   * Connects a client, and disconnects it at the end.
   *
   * @param client The client.
   * @returns The same.
   */
  use(client: Consumer): Promise<Consumer>;
}
