import type { KafkaConfig } from "kafkajs";
import type { CreateTopicOptions } from "../../admin/topic.ts";

/** Where an exam's situations take place: the part of a notebook that they need. */
export interface ExamPlace {
  /** What a KafkaJS client is made with. */
  readonly kafkaConfig: KafkaConfig;
  /**
   * Creates a topic with a fresh name, which the place removes.
   *
   * @param base What the name begins with.
   * @param options Partitions, copies, settings.
   * @returns The name.
   */
  topic(base: string, options?: CreateTopicOptions): Promise<string>;
  /**
   * Makes a fresh name for a group, which the place removes.
   *
   * @param base What the name begins with.
   * @returns The name.
   */
  group(base: string): string;
}
