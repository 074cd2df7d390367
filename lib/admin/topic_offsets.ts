import listOffsetsRequest from "kafkajs/src/protocol/requests/listOffsets/v3/request.js";
import listOffsetsResponse from "kafkajs/src/protocol/requests/listOffsets/v3/response.js";
import {
  type BrokerAddress,
  type BrokerConnection,
  type BrokerConnections,
  sendRequest,
} from "../client/broker_connections.ts";
import { within } from "../client/deadline.ts";
import { InterruptedError } from "../client/interrupt.ts";
import { fetchMetadata, type PartitionMetadata } from "./metadata.ts";

/** A partition with the offsets between which its records lie. */
export interface PartitionOffsets extends PartitionMetadata {
  /** Where its leader listens, or null while it has none. */
  address: BrokerAddress | null;
  /** The offset of its first record that is kept, or null while no leader answers. */
  begin: bigint | null;
  /** The offset its next record will have, or null while no leader answers. */
  end: bigint | null;
}

/** Which records count, as a consumer's `isolation.level` says. */
export type IsolationLevel = "read_committed" | "read_uncommitted";

/** KafkaJS and the protocol give the levels these numbers. */
export const ISOLATION_LEVELS: Record<IsolationLevel, number> = {
  read_uncommitted: 0,
  read_committed: 1,
};

/** What the request calls the next and the first offset. */
const LATEST = -1;
const EARLIEST = -2;
/** What the answer says when every record is older than the timestamp. */
const NONE_THAT_LATE = -1n;

/** A leader that is listed but silent counts as none after this time. */
const SILENCE_MS = 2_000;

interface ListOffsetsResponse {
  responses: {
    partitions: { partition: number; errorCode: number; offset: string }[];
  }[];
}

/**
 * Asks the leaders of a topic's partitions for their first and next offsets.
 *
 * @param brokers Connections, as `withBrokers()` gives them.
 * @param topic The topic's name.
 * @param isolationLevel Whether `end` is the last stable offset, before the
 * first open transaction (`read_committed`), or the high watermark.
 * @returns Each partition with its offsets, in order of their numbers.
 * @throws {Error} If there is no such topic.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const [partition] = await withBrokers(kafka, (brokers) => fetchTopicOffsets(brokers, topic));
 * assertEquals([partition!.begin, partition!.end], [0n, 0n]);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function fetchTopicOffsets(
  brokers: BrokerConnections,
  topic: string,
  isolationLevel: IsolationLevel = "read_uncommitted",
): Promise<PartitionOffsets[]> {
  const timestamps = [EARLIEST, LATEST];
  const asked = { topic, timestamps, isolationLevel };
  const partitions = await askLeaders(brokers, asked);
  return partitions.map(({ offsets: [begin = null, end = null], ...rest }) => ({
    ...rest,
    begin,
    end,
  }));
}

/** A partition with the first of its records that is not older than a time. */
export interface PartitionOffsetAt extends PartitionMetadata {
  /** Where its leader listens, or null while it has none. */
  address: BrokerAddress | null;
  /** That record's offset, or the next record's if all are older; null while no leader answers. */
  offset: bigint | null;
}

/**
 * Asks the leaders of a topic's partitions for the first record whose
 * timestamp is at or after a time.
 *
 * @param brokers Connections, as `withBrokers()` gives them.
 * @param topic The topic's name.
 * @param time The time.
 * @returns Each partition with the offset, in order of their numbers.
 * @throws {Error} If there is no such topic.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { withBrokers } from "../client/broker_connections.ts";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "./topic.ts";
 *
 * const kafka = kafkaClient();
 * const topic = freshName("orders");
 * await createTopic(kafka, topic, { partitions: 1 });
 *
 * const [partition] = await withBrokers(
 *   kafka,
 *   (brokers) => fetchOffsetsAt(brokers, topic, new Date()),
 * );
 * assertEquals(partition!.offset, 0n);
 * await deleteTopic(kafka, topic);
 * ```
 */
export async function fetchOffsetsAt(
  brokers: BrokerConnections,
  topic: string,
  time: Date,
): Promise<PartitionOffsetAt[]> {
  const partitions = await askLeaders(brokers, {
    topic,
    // Before 1970 the request has words of its own: -1 would mean the end.
    timestamps: [Math.max(0, time.getTime()), LATEST],
    isolationLevel: "read_uncommitted",
  });
  return partitions.map(({ offsets: [found = null, end = null], ...rest }) => ({
    ...rest,
    offset: found === NONE_THAT_LATE ? end : found,
  }));
}

interface Asked {
  topic: string;
  timestamps: number[];
  isolationLevel: IsolationLevel;
}

interface Answered extends PartitionMetadata {
  address: BrokerAddress | null;
  /** One for each timestamp, or none while no leader answers. */
  offsets: (bigint | undefined)[];
}

async function askLeaders(
  brokers: BrokerConnections,
  { topic, timestamps, isolationLevel }: Asked,
): Promise<Answered[]> {
  const metadata = await fetchMetadata(await brokers.any(), [topic]);
  const { error, partitions } = metadata.topics[0]!;
  if (error !== null) {
    throw new Error(`Cannot find topic '${topic}': the broker says ${error}`);
  }

  const leaders = Map.groupBy(partitions, ({ leader }) => leader);
  const known = await Promise.all([...leaders].map(async ([leader, led]) => {
    const address = metadata.brokers.find(({ id }) => id === leader) ?? null;
    const numbers = led.map(({ partition }) => partition);
    const ask = async (timestamp: number) =>
      address === null
        ? new Map<number, bigint>()
        : await askLeader(await brokers.at(address), {
          topic,
          numbers,
          timestamp,
          isolationLevel,
        });
    // A leader that died or froze a moment ago is still listed.
    const answers = await within(Promise.all(timestamps.map(ask)), {
      deadlineMs: SILENCE_MS,
      what: "a leader",
    })
      .catch(noneUnlessInterrupted);
    return led.map((partition) => ({
      ...partition,
      address,
      offsets: answers.map((answer) => answer.get(partition.partition)),
    }));
  }));
  return known.flat().sort((a, b) => a.partition - b.partition);
}

/** Leaves out the partitions that the broker does not lead, or not yet. */
async function askLeader(
  broker: BrokerConnection,
  { topic, numbers, timestamp, isolationLevel }: {
    topic: string;
    numbers: number[];
    timestamp: number;
    isolationLevel: IsolationLevel;
  },
): Promise<Map<number, bigint>> {
  const request = listOffsetsRequest({
    replicaId: -1,
    isolationLevel: ISOLATION_LEVELS[isolationLevel],
    topics: [{
      topic,
      partitions: numbers.map((partition) => ({ partition, timestamp })),
    }],
  });
  const { responses } = await sendRequest<ListOffsetsResponse>(
    broker,
    request,
    listOffsetsResponse.decode,
  );
  const answered = responses.flatMap(({ partitions }) => partitions)
    .filter(({ errorCode }) => errorCode === 0);
  return new Map(
    answered.map(({ partition, offset }) => [partition, BigInt(offset)]),
  );
}

function noneUnlessInterrupted(error: unknown): Map<number, bigint>[] {
  if (error instanceof InterruptedError) throw error;
  return [];
}
