import type { Kafka } from "kafkajs";

/** A `send` of a stand-in's producer. */
export interface SendCall {
  /** The number of the producer, from 0: a new one is made for each producer id. */
  producer: number;
  topic: string;
  partition: number;
  /** The values of the batch, joined by a space. */
  values: string;
  /** How many records it has. */
  count: number;
  /** How many sends to this partition came before. */
  earlier: number;
}

/** What a stand-in answers: nothing for success, or an offset, or the error of KafkaJS's. */
export type Answer = Error | number | undefined;

/** What stands in place of KafkaJS behind a real `SafeSender`. */
export interface KafkaStandIn {
  kafka: Kafka;
  /** All sends, in order. */
  readonly calls: SendCall[];
  /** The log of each partition, "topic-partition": batches acknowledged, in order. */
  readonly log: Map<string, string[]>;
  /** How many producers are connected. */
  readonly connected: number;
  /** Most sends under way at a time, by leader. */
  readonly mostUnderWay: Map<number, number>;
}

/** How a stand-in behaves. */
export interface StandInOptions {
  answer: (call: SendCall) => Answer | Promise<Answer>;
  /** Names leaders as a cluster's metadata do. */
  leaderOf?: (topic: string, partition: number) => number;
}

/** A client whose producers answer as a test says. It has no cluster behind it. */
export function kafkaStandIn(
  { answer, leaderOf }: StandInOptions,
): KafkaStandIn {
  const calls: SendCall[] = [];
  const log = new Map<string, string[]>();
  const underWay = new Map<number, number>();
  const mostUnderWay = new Map<number, number>();
  let producers = 0;
  let connected = 0;

  const countUp = (leader: number) => {
    const count = (underWay.get(leader) ?? 0) + 1;
    underWay.set(leader, count);
    mostUnderWay.set(leader, Math.max(mostUnderWay.get(leader) ?? 0, count));
  };

  const makeProducer = () => {
    const number = producers++;
    return {
      events: { REQUEST_TIMEOUT: "timeout" },
      on() {},
      connect() {
        connected++;
        return Promise.resolve();
      },
      disconnect() {
        connected--;
        return Promise.resolve();
      },
      async send({ topic, messages }: {
        topic: string;
        messages: { partition: number; value: unknown }[];
      }) {
        const { partition } = messages[0]!;
        const call = {
          producer: number,
          topic,
          partition,
          count: messages.length,
          values: messages.map(({ value }) => String(value)).join(" "),
          earlier:
            calls.filter((one) =>
              one.topic === topic && one.partition === partition
            ).length,
        };
        calls.push(call);
        const leader = leaderOf?.(topic, partition) ?? -1;
        countUp(leader);
        let told: Answer;
        try {
          told = await answer(call);
          if (told instanceof Error) throw told;
        } finally {
          underWay.set(leader, underWay.get(leader)! - 1);
        }
        const place = `${topic}-${partition}`;
        const written = log.get(place) ?? [];
        log.set(place, [...written, call.values]);
        return [{
          baseOffset: String(told ?? written.length),
          logAppendTime: "-1",
        }];
      },
    };
  };

  const metadata = leaderOf && {
    topicMetadata: {
      find: (matches: (topic: { topic: string }) => boolean) =>
        ["orders", "sick", "healthy"].map((topic) => ({
          topic,
          partitionMetadata: Array.from({ length: 100 }, (_, partitionId) => ({
            partitionId,
            leader: leaderOf(topic, partitionId),
          })),
        })).find(matches),
    },
  };
  const createCluster = Symbol("private:Kafka:createCluster");
  const kafka = {
    [createCluster]: () => ({
      refreshMetadata: () => Promise.resolve(),
      brokerPool: { brokers: {}, metadata },
    }),
    producer() {
      (kafka as unknown as Record<symbol, (options: object) => unknown>)[
        createCluster
      ]!({});
      return makeProducer();
    },
  };
  return {
    kafka: kafka as unknown as Kafka,
    calls,
    log,
    mostUnderWay,
    get connected() {
      return connected;
    },
  };
}

const RETRIABLE = new Set([
  "NOT_ENOUGH_REPLICAS",
  "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
  "NOT_LEADER_FOR_PARTITION",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "REQUEST_TIMED_OUT",
]);

/** An error as KafkaJS makes it of a broker's answer, or "timeout" for none. */
export function kafkaError(type: string): Error {
  return type === "timeout"
    ? Object.assign(new Error("Request Produce timed out"), {
      name: "KafkaJSRequestTimeoutError",
      retriable: true,
    })
    : Object.assign(new Error(type), {
      name: "KafkaJSProtocolError",
      type,
      retriable: RETRIABLE.has(type),
    });
}
