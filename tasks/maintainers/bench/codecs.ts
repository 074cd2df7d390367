import { kafkaClient } from "lib/client/kafka_client.ts";
import { readBatches } from "lib/consumer/read_batches.ts";
import {
  compress,
  type Compression,
  COMPRESSIONS,
  decompress,
} from "lib/log/compression.ts";
import type { RecordBatch } from "lib/log/record_batch.ts";
import { encodeRecordBatch } from "lib/log/record_batch_builder.ts";
import { TaskError } from "../../command.ts";
import { benchCommand } from "./bench_command.ts";
import { jsonEvents } from "./json_events.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import { prefixedQuantities } from "./prefixed_quantities.ts";
import {
  type ThroughputBroker,
  throughputBroker,
  withBenchTopic,
} from "./throughput_broker.ts";

const EVENTS_BYTES = 65_536;
/** So that all the events go into one batch of Java's producer. */
const BATCH_SIZE = 2 * EVENTS_BYTES;
/** How long each direction is repeated before its speed is told. */
const MEASURING_MS = 300;
const TOOL_DEADLINE_MS = 60_000;

/** Runs `deno task bench codecs` with its arguments; returns the exit code. */
export const benchCodecs = benchCommand({
  name: "codecs",
  summary:
    "how small and how fast the codecs are, and what Java's producer stores",
  details: `Each codec compresses ${
    EVENTS_BYTES / 1_024
  } KiB of JSON events again and again, on one core;
MB/s are those of the events, 1 MB being 1,000,000 bytes. Then Java's console
producer sends the same events, a record each, and the batches it stored are
encoded once more from their records: those two sizes, headers included, are compared.`,
  rounds: 5,
  measurements: COMPRESSIONS.filter((name) => name !== "none").map(
    measurementOf,
  ),
});

function measurementOf(compression: Compression): Measurement {
  return {
    name: compression,
    summary: `the codec ${compression}`,
    prepare: async (run) => void await throughputBroker(run),
    round: async (run) => {
      const events = jsonEvents(EVENTS_BYTES);
      measureSpeed(compression, events, run);
      await measureStoredSize(compression, events, run);
    },
  };
}

function measureSpeed(
  compression: Compression,
  events: string,
  { quantities }: MeasurementRun,
): void {
  const add = prefixedQuantities(quantities, compression);
  const bytes = new TextEncoder().encode(events);
  const compressed = compress(bytes, compression);
  const speed = (work: () => void) => megabytesPerSecond(bytes.length, work);
  add(
    "64 KiB of JSON to its compressed size",
    bytes.length / compressed.length,
    {
      unit: "×",
    },
  );
  add("compress", speed(() => compress(bytes, compression)), { unit: "MB/s" });
  add("decompress", speed(() => decompress(compressed, compression)), {
    unit: "MB/s",
  });
}

function megabytesPerSecond(bytes: number, work: () => void): number {
  work();
  let times = 0;
  let passedMs = 0;
  const start = performance.now();
  while (passedMs < MEASURING_MS) {
    work();
    times++;
    passedMs = performance.now() - start;
  }
  return times * bytes / 1_000 / passedMs;
}

async function measureStoredSize(
  compression: Compression,
  events: string,
  run: MeasurementRun,
): Promise<void> {
  const add = prefixedQuantities(run.quantities, compression);
  const stored = await batchesOfJava(
    await throughputBroker(run),
    compression,
    events,
  );
  const own = stored.map((batch) =>
    encodeRecordBatch(batch.records(), { compression })
  );
  const java = "what Java's producer stored";
  add(java, sum(stored.map(({ header }) => header.sizeInBytes)), { unit: "B" });
  add("the same records, encoded here", sum(own.map(({ length }) => length)), {
    unit: "B",
    to: java,
    goal: { atMost: 1.05 },
  });
}

async function batchesOfJava(
  broker: ThroughputBroker,
  compression: Compression,
  events: string,
): Promise<RecordBatch[]> {
  const kafka = kafkaClient({ brokers: [broker.address] });
  return await withBenchTopic(broker, async (topic) => {
    const { code, stderr } = await broker.engine.tool(
      "kafka-console-producer",
      [
        ...["--topic", topic, "--compression-codec", compression],
        ...["--max-partition-memory-bytes", `${BATCH_SIZE}`],
        // linger.ms: its end sends what it has, so that a busy machine makes no second batch.
        ...["--timeout", `${TOOL_DEADLINE_MS}`],
      ],
      { input: events, deadlineMs: TOOL_DEADLINE_MS },
    );
    const batches = await readBatches(kafka, topic);
    const records = sum(batches.map(({ header }) => header.recordCount));
    const sent = events.trimEnd().split("\n").length;
    const isAsked = batches.every(({ header }) =>
      header.compression === compression
    );
    if (code === 0 && records === sent && isAsked) return batches;
    throw new TaskError(
      `Cannot measure what Java stores with ${compression}: of ${sent} records ${records} are there, and it said: ${
        stderr.trim().split("\n").at(-1)
      }`,
    );
  }, { partitions: 1 });
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
