import { runMeasuringProcess } from "./measuring_process.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import type {
  HeldMemory,
  UnacknowledgedTask,
} from "./unacknowledged_process.ts";
import {
  clusterWithoutOne,
  withUnwritablePartitions,
} from "./unwritable_topic.ts";

const RECORDS = 300_000;

/** How many records are offered, and what bounds those that are taken. */
interface Offer {
  called: string;
  recordSize: number;
  /** As `bufferMemory`; the default where there is none. */
  bufferMemory?: number;
  /** What may be held at most, in MiB: the values, and about 1 KiB of the producer's own for each record. */
  goalMiB: number;
}

const OFFERS: Offer[] = [
  {
    called: "1,000 B, bufferMemory 1 MB",
    recordSize: 1_000,
    bufferMemory: 1_000_000,
    goalMiB: 16,
  },
  { called: "10 B, defaults", recordSize: 10, goalMiB: 100 },
];

/** What a SafeProducer holds while nothing is acknowledged, and the caller does not wait. */
export const unacknowledged: Measurement = {
  name: "memory",
  summary: "what is held while nothing is acknowledged",
  prepare: clusterWithoutOne,
  round: async (run) => {
    for (const offer of OFFERS) await measure(offer, run);
  },
};

async function measure(
  { called, recordSize, bufferMemory, goalMiB }: Offer,
  run: MeasurementRun,
): Promise<void> {
  const records = Math.max(1_000, Math.round(RECORDS * run.scale));
  const held = await withUnwritablePartitions(run, 4, ({ address, sick }) => {
    const task: UnacknowledgedTask = {
      ...{ address, topic: sick, records, recordSize, bufferMemory },
    };
    return runMeasuringProcess<HeldMemory>("unacknowledged_process.ts", task, {
      ...{ called, signal: run.signal, v8Flags: ["--expose-gc"] },
    });
  });
  const title = `SafeProducer, ${
    records.toLocaleString("en-US")
  } records of ${called}, none acknowledged`;
  run.quantities.add({
    ...{ what: `${title}: held`, unit: "MiB", goal: { atMost: goalMiB } },
  }, held.heldMiB);
  run.quantities.add(
    { what: `${title}: growth of the process`, unit: "MiB" },
    held.residentMiB,
  );
  run.quantities.add(
    { what: `${title}: taken`, unit: "records" },
    held.taken,
  );
}
