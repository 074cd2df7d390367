// The program of a ChildConsumer: consumes, prints one JSON line for each event, and ends when
// its standard input does, so that it never outlives the process that started it.
import { type Consumer, Kafka, logLevel, type TopicMessages } from "kafkajs";
import { connectionFromEnvironment } from "../client/connection.ts";
import { kafkaClient } from "../client/kafka_client.ts";
import { linesOf } from "../brokers/lines_of.ts";
import { type SocketFaults, socketFaults } from "../faults/socket_faults.ts";
import type { ChildEvent, ChildSettings } from "./child_consumer.ts";
import { openChildSink } from "./child_sink.ts";
import { consume } from "../consumer/consume.ts";
import {
  type ConsumedRecord,
  toConsumedRecord,
} from "../consumer/consumed_record.ts";
import { textOf } from "../log/text.ts";
import { watchGroupEvents } from "./group_events.ts";
import { parallelByKey } from "../consumer/parallel_by_key.ts";
import { ReadProcessWrite } from "../consumer/read_process_write.ts";

const PARENT_GONE_MS = 1_000;

if (import.meta.main) await main(JSON.parse(Deno.args[0]!));

async function main(settings: ChildSettings): Promise<void> {
  const { member } = settings;
  const wire = socketFaults();
  const kafka = clientFor(settings, wire);
  const death = deathOf(settings.killAt, wire);
  const toSink = settings.sink ? openChildSink(settings.sink) : undefined;
  const work = async (record: ConsumedRecord) => {
    if (settings.workMs > 0) await sleep(settings.workMs);
    toSink?.(record);
  };
  const worker = settings.write?.transactionalId === undefined
    ? plainWorker(kafka, settings, { death, work })
    : transactionalWorker(kafka, settings, { death, work });
  const { consumer } = worker;
  watchGroupEvents(consumer, member, (event) => tell({ what: "group", event }));
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    console.error(`${payload.error}`);
    if (!payload.restart) Deno.exit(1);
  });
  const input = followInput();
  await worker.start();
  await input.stop;
  await worker.stop();
  Deno.exit(0);
}

function clientFor(settings: ChildSettings, wire: SocketFaults): Kafka {
  const { member, brokers, requestTimeout, published } = settings;
  const config = {
    clientId: member,
    socketFactory: wire.socketFactory,
    ...(brokers ? { brokers } : {}),
    ...(requestTimeout ? { requestTimeout } : {}),
  };
  if (!published) return kafkaClient(config);
  const { chosen: _, ...connection } = connectionFromEnvironment();
  return new Kafka({ ...connection, logLevel: logLevel.NOTHING, ...config });
}

interface Duties {
  death: ReturnType<typeof deathOf>;
  work: (record: ConsumedRecord) => Promise<void>;
}

/** Consumes, writes if it is asked to, and commits as it is asked to. */
function plainWorker(
  kafka: Kafka,
  settings: ChildSettings,
  { death, work }: Duties,
) {
  const { topic, groupId, fromBeginning, consumerConfig, write } = settings;
  const consumer = kafka.consumer({ ...consumerConfig, groupId });
  const producer = write && kafka.producer();
  consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
    const commits = payload.topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => ({
        topic,
        // KafkaJS has it as a text in what it commits by itself.
        partition: Number(partition),
        offset: String(offset),
      }))
    );
    tell({ what: "committed", commits });
    death.onCommitted(commits);
  });
  return {
    consumer,
    async start() {
      await Promise.all([consumer.connect(), producer?.connect()]);
      await consumer.subscribe({ topic, fromBeginning });
      await run(consumer, settings, {
        onReceived: death.onReceived,
        process: async (record) => {
          await work(record);
          if (write) await producer?.send(written(record, write.topic));
          tell({ what: "processed", record: toJson(record) });
          death.onProcessed();
        },
      });
    },
    async stop() {
      await Promise.all([consumer.disconnect(), producer?.disconnect()]);
    },
  };
}

/** Record by record, or those of different keys side by side. */
async function run(
  consumer: Consumer,
  { consume: how, concurrency }: ChildSettings,
  { onReceived, process }: {
    onReceived: (record: ConsumedRecord) => void;
    process: (record: ConsumedRecord) => Promise<void>;
  },
): Promise<void> {
  if (concurrency === undefined) {
    const { done } = await consume(consumer, { ...how, onReceived, process });
    // The listener to CRASH says why.
    done.catch(() => {});
    return;
  }
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: parallelByKey({
      concurrency,
      everyMs: how.everyMs,
      async process(message, { topic, partition }) {
        const record = toConsumedRecord(topic, partition, message);
        onReceived(record);
        await process(record);
      },
    }),
  });
}

/** Reads, and writes with the offsets in one transaction. */
function transactionalWorker(
  kafka: Kafka,
  settings: ChildSettings,
  { death, work }: Duties,
) {
  const { topic, groupId, fromBeginning, consumerConfig, write } = settings;
  const loop = new ReadProcessWrite(kafka, {
    from: topic,
    groupId,
    transactionalId: write!.transactionalId!,
    recordsPerTransaction: write!.recordsPerTransaction ?? 1,
    consumerConfig,
    fromBeginning,
    process: async (record) => {
      await work(record);
      return [written(record, write!.topic)];
    },
    onPoint(point, records) {
      if (point === "received") records.forEach(death.onReceived);
      if (point === "offsets sent") death.onPoint(point, records);
      if (point === "sent") {
        for (const record of records) {
          tell({ what: "processed", record: toJson(record) });
        }
        death.onPoint(point, records);
      }
      const last = records.at(-1);
      if (point !== "committed" || !last) return;
      const { topic, partition, offset } = last;
      const commits = [{ topic, partition, offset: String(offset + 1n) }];
      tell({ what: "committed", commits });
      death.onCommitted(commits);
    },
  });
  // The process that started this one hears of it, and may start another.
  loop.done.catch((error) => {
    console.error(`${error}`);
    Deno.exit(1);
  });
  return {
    consumer: loop.consumer,
    start: () => loop.connect(),
    stop: () => loop.disconnect(),
  };
}

function written(
  { key, value, headers }: ConsumedRecord,
  topic: string,
): TopicMessages {
  const capitals = value && textOf(value).toUpperCase();
  return { topic, messages: [{ key, value: capitals, headers }] };
}

/** The parent says "stop", or is gone: then the time to leave the group is short. */
function followInput() {
  const follow = async () => {
    for await (const line of linesOf(Deno.stdin.readable)) {
      if (line === "stop") return;
    }
    setTimeout(() => Deno.exit(1), PARENT_GONE_MS);
  };
  return { stop: follow() };
}

/** Ends this process at a point that was asked for, as `kill -9` does: nothing runs after it. */
function deathOf(killAt: ChildSettings["killAt"], wire: SocketFaults) {
  const die = () => Deno.kill(Deno.pid, "SIGKILL");
  let received = 0;
  let processed = 0;
  let target: ConsumedRecord | undefined;
  return {
    onReceived(record: ConsumedRecord) {
      if (++received !== killAt?.record) return;
      target = record;
      if (killAt.when === "received") die();
    },
    onProcessed() {
      if (++processed === killAt?.record && killAt.when === "processed") die();
    },
    onPoint(point: "offsets sent" | "sent", records: ConsumedRecord[]) {
      const isIn = records.some(({ topic, partition, offset }) =>
        topic === target?.topic && partition === target.partition &&
        offset === target.offset
      );
      if (!isIn) return;
      if (killAt?.when === point) die();
      if (killAt?.when !== "commit asked" || point !== "sent") return;
      const answer = wire.dropResponse({ apiKey: "EndTxn" });
      setInterval(() => answer.hits > 0 && die(), 1);
    },
    onCommitted(
      commits: { topic: string; partition: number; offset: string }[],
    ) {
      if (killAt?.when !== "committed" || target === undefined) return;
      const { topic, partition, offset } = target;
      const covers = commits.some((commit) =>
        commit.topic === topic && commit.partition === partition &&
        BigInt(commit.offset) > offset
      );
      if (covers) die();
    },
  };
}

function toJson({ topic, partition, offset, key, value }: ConsumedRecord) {
  return {
    ...{ topic, partition, offset: String(offset) },
    ...{ key: key && textOf(key), value: value && textOf(value) },
  };
}

/** Written when this returns: a process that is killed next has still told it. */
function tell(event: ChildEvent): void {
  const line = new TextEncoder().encode(`${JSON.stringify(event)}\n`);
  for (let at = 0; at < line.length;) {
    at += Deno.stdout.writeSync(line.subarray(at));
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
