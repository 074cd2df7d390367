import {
  CompressionCodecs,
  CompressionTypes,
  Kafka,
  type KafkaConfig,
  logLevel,
  type Producer,
} from "kafkajs";
import { createTopic, deleteTopic, freshName } from "../../admin/topic.ts";
import { readBatches } from "../../consumer/read_batches.ts";
import { socketFaults } from "../../faults/socket_faults.ts";
import type { RecordBatch } from "../../log/record_batch.ts";

/** Where the situations of part 2 are made; a notebook is such a place. */
export interface Part2Place {
  /** How to reach the cluster. */
  readonly kafkaConfig: KafkaConfig;
}

/** The questions of part 2. */
export type Part2Question =
  | "oneByOne"
  | "together"
  | "batches"
  | "tooLarge"
  | "settled"
  | "alone"
  | "noise"
  | "kept"
  | "repacked"
  | "nonsense";

/**
 * The ten situations of the exam of part 2, producing: what a send becomes, and
 * who compresses. Each makes a topic of its own on KafkaJS as published, says
 * what came of it after a second or so, and removes the topic.
 *
 * @param place Where the cluster is.
 * @returns The situations, for `exam()`.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connectionFromEnvironment } from "../../client/connection.ts";
 *
 * const { chosen: _, ...kafkaConfig } = connectionFromEnvironment();
 * const { oneByOne } = part2({ kafkaConfig });
 * assertEquals(await oneByOne.run(), 3); // as many requests as awaited sends
 * ```
 */
export function part2(
  { kafkaConfig }: Part2Place,
): Record<Part2Question, { run: () => Promise<unknown>; taught: string }> {
  // The refused sends would be red lines.
  const config = { ...kafkaConfig, logLevel: logLevel.NOTHING };
  const situation = (taught: string, run: () => Promise<unknown>) => ({
    run,
    taught: `notebook ${taught}`,
  });
  return {
    oneByOne: situation("06, round 1", () => requestsOneByOne(config)),
    together: situation("06, round 1", () => requestsTogether(config)),
    batches: situation("06, its words", () => batchesOfOneSend(config)),
    tooLarge: situation("06, exercise 2", () => storedBesideTooLarge(config)),
    settled: situation(
      "06, exercise 2",
      () => fulfilledBesideTooLarge(config),
    ),
    alone: situation("07, round 1", () => oneEventWithGzip(config)),
    noise: situation("07, round 2", () => savedOfNoise(config)),
    kept: situation(
      "07, round 2",
      () => storedCodec(config, "LZ4", "producer"),
    ),
    repacked: situation(
      "07, round 4",
      () => storedCodec(config, "ZSTD", "gzip"),
    ),
    nonsense: situation("07, round 4", () => compressedNonsense(config)),
  };
}

interface Own {
  topic: string;
  producer: Producer;
  /** How many Produce requests the producer has sent. */
  requests: () => number;
  /** The batches that the topic's partitions hold. */
  batches: () => Promise<RecordBatch[]>;
}

async function withTopic<Outcome>(
  config: KafkaConfig,
  { partitions = 1, settings = {} }: {
    partitions?: number;
    settings?: Record<string, string>;
  },
  work: (own: Own) => Promise<Outcome>,
): Promise<Outcome> {
  const wire = socketFaults(); // here it only counts
  const { socketFactory } = wire;
  const kafka = new Kafka({ ...config, socketFactory });
  const producer = kafka.producer({ retry: { retries: 1 } });
  const topic = freshName("exam");
  await createTopic(kafka, topic, { partitions, config: settings });
  await producer.connect();
  try {
    return await work({
      topic,
      producer,
      requests: () => wire.requestCounts().Produce ?? 0,
      batches: async () => {
        const all = Array.from(
          { length: partitions },
          (_, partition) => readBatches(kafka, topic, { partition }),
        );
        return (await Promise.all(all)).flat();
      },
    });
  } finally {
    await producer.disconnect();
    await deleteTopic(kafka, topic);
  }
}

const event = (n: number) => ({
  value: JSON.stringify({ user: `user-${n}`, action: "click", page: n % 7 }),
});
const events = (count: number) =>
  Array.from({ length: count }, (_, n) => event(n));

/** Awaits three sends of one record, one after another. How many Produce requests that took. */
function requestsOneByOne(config: KafkaConfig): Promise<number> {
  return withTopic(config, {}, async ({ topic, producer, requests }) => {
    for (const message of events(3)) {
      await producer.send({ topic, messages: [message] });
    }
    return requests();
  });
}

/** Starts ten sends of one record in the same moment, and awaits them together. How many Produce requests KafkaJS made of them. */
function requestsTogether(config: KafkaConfig): Promise<number> {
  return withTopic(config, {}, async ({ topic, producer, requests }) => {
    await Promise.all(
      events(10).map((message) =>
        producer.send({ topic, messages: [message] })
      ),
    );
    return requests();
  });
}

/** Sends thirty records without keys with one send to three partitions. How many batches are stored. */
function batchesOfOneSend(config: KafkaConfig): Promise<number> {
  return withTopic(
    config,
    { partitions: 3 },
    async ({ topic, producer, batches }) => {
      await producer.send({ topic, messages: events(30) });
      return (await batches()).length;
    },
  );
}

const SMALL = { settings: { "max.message.bytes": "2000" } };
const TOO_LARGE = { value: "x".repeat(3_000) };

/** Sends ten small records and one too large one with one send to one partition. How many of the eleven are stored. */
function storedBesideTooLarge(config: KafkaConfig): Promise<number> {
  return withTopic(config, SMALL, async ({ topic, producer, batches }) => {
    const messages = [...events(10), TOO_LARGE];
    await producer.send({ topic, messages }).catch(() => {});
    return (await batches())
      .reduce((sum, { header }) => sum + header.recordCount, 0);
  });
}

/** Sends three records with a send each, of which the second is too large, and awaits them with `Promise.allSettled`. How many of the three are fulfilled. */
function fulfilledBesideTooLarge(config: KafkaConfig): Promise<number> {
  return withTopic(config, SMALL, async ({ topic, producer }) => {
    const results = await Promise.allSettled(
      [event(1), TOO_LARGE, event(2)]
        .map((message) => producer.send({ topic, messages: [message] })),
    );
    return results.filter(({ status }) => status === "fulfilled").length;
  });
}

/** Sends one small event alone, without compression and with gzip. Whether gzip's batch is smaller or larger. */
function oneEventWithGzip(
  config: KafkaConfig,
): Promise<"smaller" | "larger"> {
  return withTopic(config, {}, async ({ topic, producer, batches }) => {
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      await producer.send({ topic, messages: [event(1)], compression });
    }
    const [plain, gzip] = await batches();
    return gzip!.header.sizeInBytes < plain!.header.sizeInBytes
      ? "smaller"
      : "larger";
  });
}

/** Sends a hundred records of 500 random bytes in one batch, without compression and with zstd. How many percent zstd saves, as a whole number. */
function savedOfNoise(config: KafkaConfig): Promise<number> {
  return withTopic(config, {}, async ({ topic, producer, batches }) => {
    const messages = Array.from({ length: 100 }, () => ({
      value: Buffer.from(crypto.getRandomValues(new Uint8Array(500))),
    }));
    for (const compression of [CompressionTypes.None, CompressionTypes.ZSTD]) {
      await producer.send({ topic, messages, compression });
    }
    const [plain, zstd] = (await batches())
      .map(({ header }) => header.sizeInBytes);
    return Math.round(100 * Math.abs(1 - zstd! / plain!));
  });
}

/** Sends with one codec to a topic with some `compression.type`. The codec that the stored batch names. */
function storedCodec(
  config: KafkaConfig,
  codec: keyof typeof CompressionTypes,
  compressionType: string,
): Promise<string> {
  const settings = { "compression.type": compressionType };
  return withTopic(
    config,
    { settings },
    async ({ topic, producer, batches }) => {
      const compression = CompressionTypes[codec];
      await producer.send({ topic, messages: events(100), compression });
      return (await batches())[0]!.header.compression;
    },
  );
}

/** Sends a batch with a right checksum whose compressed part does not hold the records. Whether the broker stored it or refused it. */
function compressedNonsense(
  config: KafkaConfig,
): Promise<"store" | "refuse"> {
  const { GZIP } = CompressionTypes;
  const gzip = CompressionCodecs[GZIP]!;
  const nonsense = { buffer: Buffer.from("nonsense ".repeat(100)) };
  return withTopic(config, {}, async ({ topic, producer, batches }) => {
    CompressionCodecs[GZIP] = () => ({
      ...gzip(),
      compress: () => gzip().compress(nonsense),
    });
    try {
      await producer.send({ topic, messages: events(100), compression: GZIP });
    } catch {
      // Refused, which is one of the two outcomes.
    } finally {
      CompressionCodecs[GZIP] = gzip;
    }
    return (await batches()).length > 0 ? "store" : "refuse";
  });
}
