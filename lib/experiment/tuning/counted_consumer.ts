import {
  type Consumer,
  type ConsumerConfig,
  type ConsumerRunConfig,
  Kafka,
} from "kafkajs";
import { until } from "../../client/until.ts";
import { socketFaults } from "../../faults/socket_faults.ts";
import type { TuningLab } from "./tuning_lab.ts";

/** What it reads, and how. */
export interface CountedConsumerOptions {
  topic: string;
  /** Its settings, the group among them. */
  config: ConsumerConfig;
  /** How it runs. By default it takes whole batches and does nothing with them. */
  run?: (consumer: Consumer) => ConsumerRunConfig;
}

/** A consumer at work, whose requests are counted. */
export interface CountedConsumer {
  /**
   * Says how many requests of each kind it has written so far.
   *
   * @returns The counts by Kafka's names of the kinds.
   */
  requests(): Record<string, number>;
  /**
   * Waits until it is through with so many records, in all.
   *
   * @param count How many.
   * @returns The requests that it had written when it was through with the batch that made up the number, and before it went on: the same on a slow machine.
   * @throws {DeadlineError} If they do not come within 60 s.
   */
  received(count: number): Promise<Record<string, number>>;
  /** How long its handlers have worked on batches so far, in milliseconds. */
  readonly workMs: number;
}

/**
 * Starts KafkaJS's consumer, as published, on a topic from its beginning, and
 * counts its requests.
 *
 * @param lab Where it connects.
 * @param options What it reads, and how.
 * @returns The counts, as they grow.
 */
export async function countedConsumer(
  lab: Pick<TuningLab, "kafkaConfig" | "use">,
  { topic, config, run = () => ({ eachBatch: async () => {} }) }:
    CountedConsumerOptions,
): Promise<CountedConsumer> {
  const wire = socketFaults();
  const { socketFactory } = wire;
  const consumer = new Kafka({ ...lab.kafkaConfig, socketFactory })
    .consumer(config);
  const through = [{ got: 0, requests: {} as Record<string, number> }];
  const got = () => through.at(-1)!.got;
  let workMs = 0;
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    through.push({
      got: got() + payload.batchSize,
      requests: wire.requestCounts(),
    });
    workMs += payload.duration;
  });
  await lab.use(consumer);
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run(run(consumer));
  return {
    requests: () => wire.requestCounts(),
    async received(count) {
      const { requests } = await until(
        () => through.find(({ got }) => got >= count),
        {
          what: () => `${count} records, ${got()} came`,
          deadlineMs: 60_000,
        },
      );
      return requests;
    },
    get workMs() {
      return workMs;
    },
  };
}
