import { kafkaClient } from "lib/client/kafka_client.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import type { AccumulatorOptions } from "lib/producer/accumulator_options.ts";
import { openFastPath } from "lib/producer/fast_path.ts";
import { kafkaJsSender } from "lib/producer/kafkajs_sender.ts";
import { RecordAccumulator } from "lib/producer/record_accumulator.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import { throughputBroker, withBenchTopic } from "./throughput_broker.ts";

const RECORDS = 20_000;
const SENDS = 5_000;
const UNDER_WAY = 5;
const PARTITIONS = 4;
const DEADLINE_MS = 60_000;

/** Those that have most requests under way, and those that have most batches. */
const SETTINGS: (AccumulatorOptions & { isFast?: boolean })[] = [
  { lingerMs: 0 },
  { lingerMs: 0, batchSize: 500, maxInFlightRequests: 20 },
  { lingerMs: 5, batchSize: 65_536 },
  { lingerMs: 5, batchSize: 500, maxInFlightRequests: 20, isFast: true },
];

/** What the settings of {@linkcode SETTINGS} leave in order, and KafkaJS does not. */
export const order: Measurement = {
  name: "order",
  summary: "records out of order within a partition",
  prepare: async (run) => void await throughputBroker(run),
  round: async (run) => {
    const count = (records: number) =>
      Math.max(100, Math.round(records * run.scale));
    let outOfOrder = 0;
    for (const settings of SETTINGS) {
      outOfOrder += await inversions(
        run,
        (kafka, topic) =>
          accumulate(kafka, { topic, settings, records: count(RECORDS) }),
      );
    }
    run.quantities.add({
      what: `out of order of ${SETTINGS.length} × ${
        count(RECORDS)
      } records, accumulator`,
      unit: "records",
      goal: { atMost: 0 },
    }, outOfOrder);
    const sends = count(SENDS);
    run.quantities.add({
      what:
        `out of order of ${sends} records, ${UNDER_WAY} of KafkaJS's sends to a partition under way`,
      unit: "records",
    }, await inversions(run, (kafka, topic) => sendSome(kafka, topic, sends)));
  },
};

type Kafka = ReturnType<typeof kafkaClient>;

/** How many records of a topic lie behind one that was sent later to the same partition. */
async function inversions(
  run: MeasurementRun,
  send: (kafka: Kafka, topic: string) => Promise<void>,
): Promise<number> {
  run.signal.throwIfAborted();
  const broker = await throughputBroker(run);
  const kafka = kafkaClient({ brokers: [broker.address] });
  return await withBenchTopic(broker, async (topic) => {
    await send(kafka, topic);
    const records = await readTopic(kafka, topic, { deadlineMs: DEADLINE_MS });
    const latest: number[] = [];
    let count = 0;
    for (const { partition, value } of records) {
      const number = Number(value);
      if (number < (latest[partition] ?? -1)) count++;
      else latest[partition] = number;
    }
    return count;
  }, { partitions: PARTITIONS });
}

async function accumulate(
  kafka: Kafka,
  { topic, settings, records }: {
    topic: string;
    settings: AccumulatorOptions & { isFast?: boolean };
    records: number;
  },
): Promise<void> {
  const { isFast, ...options } = settings;
  const fastPath = isFast ? openFastPath() : undefined;
  const producer = kafka.producer();
  await producer.connect();
  const sender = kafkaJsSender({ kafka, producer });
  const accumulator = new RecordAccumulator(sender, options);
  let failure: Error | undefined;
  for (let i = 0; i < records; i++) {
    const record = { topic, partition: i % PARTITIONS, value: `${i}` };
    const room = accumulator.append(record, ({ error }) => failure ??= error);
    if (room) await room;
  }
  await accumulator.close();
  await producer.disconnect();
  fastPath?.close();
  if (failure) throw failure;
}

/** Sends records one by one, always some at a time, without waiting for the one before. */
async function sendSome(
  kafka: Kafka,
  topic: string,
  sends: number,
): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  let next = 0;
  const sender = async () => {
    while (next < sends) {
      const number = next++;
      const messages = [{ partition: 0, value: `${number}` }];
      await producer.send({ topic, messages });
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, sender));
  await producer.disconnect();
}
