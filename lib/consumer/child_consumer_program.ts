// The program of a ChildConsumer: consumes, prints one JSON line for each event, and ends when
// its standard input does, so that it never outlives the process that started it.
import { kafkaClient } from "../client/kafka_client.ts";
import { linesOf } from "../client/lines_of.ts";
import type { ChildEvent, ChildSettings } from "./child_consumer.ts";
import { openChildSink } from "./child_sink.ts";
import { consume, type ConsumedRecord } from "./consume.ts";
import { watchGroupEvents } from "./group_events.ts";

const PARENT_GONE_MS = 1_000;

if (import.meta.main) await main(JSON.parse(Deno.args[0]!));

async function main(settings: ChildSettings): Promise<void> {
  const { topic, groupId, member, fromBeginning, consumerConfig } = settings;
  const kafka = kafkaClient({
    clientId: member,
    ...(settings.brokers ? { brokers: settings.brokers } : {}),
  });
  const consumer = kafka.consumer({ ...consumerConfig, groupId });
  watchGroupEvents(consumer, member, (event) => tell({ what: "group", event }));
  const write = settings.sink ? openChildSink(settings.sink) : undefined;
  const death = deathOf(settings.killAt);
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
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    console.error(`${payload.error}`);
    if (!payload.restart) Deno.exit(1);
  });
  const input = followInput();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning });
  await consume(consumer, {
    ...settings.consume,
    onReceived: death.onReceived,
    process: async (record) => {
      if (settings.workMs > 0) await sleep(settings.workMs);
      write?.(record);
      tell({ what: "processed", record: toJson(record) });
      death.onProcessed();
    },
  });
  await input.stop;
  await consumer.disconnect();
  Deno.exit(0);
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
function deathOf(killAt: ChildSettings["killAt"]) {
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

function toJson({ offset, ...record }: ConsumedRecord) {
  return { ...record, offset: String(offset) };
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
