import { runMeasuringProcess } from "./measuring_process.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import type {
  UnwritableLatencies,
  UnwritableTask,
} from "./unwritable_process.ts";
import {
  clusterWithoutOne,
  withUnwritablePartitions,
} from "./unwritable_topic.ts";

const UNWRITABLE = 50;
const RECORDS = 2_000;
const WARM_UP = 500;
const PER_SECOND = 250;

/** What partitions that cannot be written cost one that can, in the same SafeProducer. */
export const unwritable: Measurement = {
  name: "unwritable",
  summary: `a healthy partition beside ${UNWRITABLE} that cannot be written`,
  prepare: clusterWithoutOne,
  round: async (run) => {
    const { alone, beside } = await latencies(run);
    const title = `SafeProducer, beside ${UNWRITABLE} unwritable partitions`;
    for (const name of ["p50", "p99"] as const) {
      const what = `SafeProducer, a healthy partition alone: ${name}`;
      run.quantities.add({ what, unit: "ms" }, alone[name]);
      const goal = name === "p99" ? { goal: { atMost: 2 } } : {};
      run.quantities.add({
        ...{ what: `${title}: ${name}`, unit: "ms" },
        relativeTo: { what, called: "alone", ...goal },
      }, beside[name]);
    }
    run.quantities.add({
      ...{ what: `${title}: without an acknowledgement`, unit: "records" },
      goal: { atMost: 0 },
    }, beside.failed);
  },
};

async function latencies(run: MeasurementRun): Promise<UnwritableLatencies> {
  const count = (records: number) =>
    Math.max(50, Math.round(records * run.scale));
  return await withUnwritablePartitions(run, UNWRITABLE, (topics) => {
    const task: UnwritableTask = {
      ...{ ...topics, partitions: UNWRITABLE, perSecond: PER_SECOND },
      ...{ records: count(RECORDS), warmUp: count(WARM_UP) },
    };
    return runMeasuringProcess("unwritable_process.ts", task, {
      ...{ called: "a healthy partition", signal: run.signal },
    });
  });
}
