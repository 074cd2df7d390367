import { benchCommand } from "./bench_command.ts";
import type { Latencies, LatencyTask } from "./latency_process.ts";
import { order } from "./order.ts";
import { runMeasuringProcess } from "./measuring_process.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import { recovery, stop } from "./recovery.ts";
import type { Goal } from "./quantities.ts";
import { throughputBroker, withBenchTopic } from "./throughput_broker.ts";

const PER_SECOND = 1_000;
const RECORD_SIZE = 100;
const RECORDS = 8_000;
const WARM_UP = 2_000;

/** How records are sent and committed, and what should come of it, in milliseconds. */
interface Way {
  called: string;
  inBackground: boolean;
  lingerMs: number;
  goals?: { p50?: Goal; p99: Goal };
}

/** A batch may wait for its linger, then for another's answer as long, and needs its own. */
function lingering(lingerMs: number): Way {
  return {
    called: `background commits, linger ${lingerMs} ms`,
    inBackground: true,
    lingerMs,
    goals: { p99: { atMost: 2 * lingerMs + 5 } },
  };
}

const KAFKAJS = "KafkaJS's commits, linger 0";

const KAFKAJS_WAY: Way = { called: KAFKAJS, inBackground: false, lingerMs: 0 };

const JUST_STARTED: Way = {
  called: "background commits, linger 0, the broker just started",
  inBackground: true,
  lingerMs: 0,
};

/** What the broker serves until it is as quick as it gets. */
const BROKER_WARM_UP: Way[] = Array(3).fill([JUST_STARTED, KAFKAJS_WAY]).flat();

const WAYS: Way[] = [
  KAFKAJS_WAY,
  {
    called: "background commits, linger 0",
    inBackground: true,
    lingerMs: 0,
    goals: { p50: { atMost: 1 }, p99: { atMost: 3 } },
  },
  lingering(5),
  lingering(20),
];

/** Runs `deno task bench latency` with its arguments; returns the exit code. */
export const benchLatency = benchCommand({
  name: "latency",
  summary: "how long records take, what their order is, and how consumers end",
  details:
    `${PER_SECOND} records of ${RECORD_SIZE} B a second go through the accumulator, over KafkaJS's public
API, to four partitions of one broker with Kafka's usual JVM flags, and back to a
consumer in the same process; latency is from adding a record to the handler's
call, the first ${
      WARM_UP / PER_SECOND
    } seconds left out. The broker is started anew for each round: while it compiles
its code it is slower, which is the first row, and ${
      BROKER_WARM_UP.length * (WARM_UP + RECORDS) / PER_SECOND
    } seconds of the same load
come before the others. A timer that comes late shows how long the process had to
wait for a core: it is 2 ms late on an idle machine, and if it is more, so are the
records. A killed broker is back when it answers metadata; from then on the time
counts to a record sent and consumed.`,
  rounds: 5,
  hasScale: true,
  measurements: [
    {
      name: "endtoend",
      summary: "from adding a record to its handler",
      prepare: async (run) => void await throughputBroker(run),
      round: measure,
    },
    order,
    stop,
    recovery,
  ] satisfies Measurement[],
});

async function measure(run: MeasurementRun): Promise<void> {
  const { quantities } = run;
  await (await throughputBroker(run)).engine.down();
  const [justStarted] = await latenciesOfEach(BROKER_WARM_UP, run);
  const results = [justStarted!, ...await latenciesOfEach(WAYS, run)];
  for (const [{ called, goals }, { p50, p99 }] of results) {
    for (const [name, value] of Object.entries({ p50, p99 })) {
      const goal = goals?.[name as "p50" | "p99"];
      const isWarm = called !== JUST_STARTED.called;
      const compared = isWarm && called !== KAFKAJS
        ? { relativeTo: { what: `${KAFKAJS}: ${name}`, called: KAFKAJS } }
        : {};
      quantities.add({
        what: `${called}: ${name}`,
        unit: "ms",
        ...(goal ? { goal } : {}),
        ...compared,
      }, value);
    }
  }
  const all = results.map(([, latencies]) => latencies);
  const most = (values: number[]) => Math.max(...values);
  quantities.add({
    what: "out of order, of these records",
    unit: "records",
    goal: { atMost: 0 },
  }, all.reduce((sum, { outOfOrder }) => sum + outOfOrder, 0));
  quantities.add({
    what: "a consumer's stop, records coming",
    unit: "s",
    goal: { atMost: 0.5 },
  }, most(all.map(({ stopSeconds }) => stopSeconds)));
  quantities.add(
    { what: "meanwhile, how late a timer of 1 ms came: p99", unit: "ms" },
    most(all.map(({ timerLateMs }) => timerLateMs)),
  );
  quantities.add(
    { what: "peak memory of producer and consumer", unit: "MiB" },
    most(all.map(({ peakMiB }) => peakMiB)),
  );
}

async function latenciesOfEach(
  ways: Way[],
  run: MeasurementRun,
): Promise<[Way, Latencies][]> {
  const results: [Way, Latencies][] = [];
  for (const way of ways) results.push([way, await latenciesOf(way, run)]);
  return results;
}

async function latenciesOf(
  { called, inBackground, lingerMs }: Way,
  run: MeasurementRun,
): Promise<Latencies> {
  const broker = await throughputBroker(run);
  const count = (records: number) =>
    Math.max(100, Math.round(records * run.scale));
  return await withBenchTopic(broker, async (topic) => {
    const task: LatencyTask = {
      ...{ address: broker.address, topic, inBackground, lingerMs },
      ...{ recordSize: RECORD_SIZE, perSecond: PER_SECOND },
      ...{ records: count(RECORDS), warmUp: count(WARM_UP) },
    };
    return await runMeasuringProcess("latency_process.ts", task, {
      called,
      signal: run.signal,
    });
  });
}
