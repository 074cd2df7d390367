import { pause } from "lib/client/interrupt.ts";
import { hasAotCache } from "lib/brokers/local/make_aot_cache.ts";
import { residentMiB } from "./resident_memory.ts";
import type { Quantity } from "./quantities.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import { secondsOf } from "./seconds_of.ts";
import { runUserCommand, withPlaces } from "./user_command.ts";

/** A broker that just started still compiles and collects. */
const IDLE_MS = 5_000;

const MOST_MEMORY = { atMost: 200 };

/** What is started, and what its start is called. */
interface Brokers {
  title: string;
  options: string[];
  goalSeconds: number;
}

const ONE: Brokers = { title: "one broker", options: [], goalSeconds: 1.5 };
const CLUSTER: Brokers = {
  title: "controller and 3 brokers",
  options: ["--cluster"],
  goalSeconds: 4,
};

/** From `deno task kafka up` until it ends, as every broker answers metadata that names all of them. */
export const oneBroker: Measurement = {
  name: "broker",
  summary: "the single broker's start and memory",
  round: (run) => measure(ONE, run),
};

/** As {@linkcode oneBroker}, with the profile `cluster`. */
export const cluster: Measurement = {
  name: "cluster",
  summary: "the cluster's start and memory",
  round: (run) => measure(CLUSTER, run),
};

async function measure(brokers: Brokers, run: MeasurementRun): Promise<void> {
  await measureStarts(brokers, run, { cached: true });
  // Where set-up could make no cache, the start just measured was one without.
  if (hasAotCache()) await measureStarts(brokers, run, { cached: false });
}

async function measureStarts(
  brokers: Brokers,
  run: MeasurementRun,
  { cached }: { cached: boolean },
): Promise<void> {
  const { quantities, engine, folder } = run;
  const places = cached
    ? run.places
    : { ...run.places, aotFolder: `${folder}/no-aot` };
  const up = () => kafka(run, places, ["up", ...brokers.options]);
  const formatted = `${brokers.title} ready, formatted before`;
  const fresh = `${brokers.title} ready, first start`;

  await engine.reset();
  const freshSeconds = await secondsOf(up);
  await engine.down();
  const formattedSeconds = await secondsOf(up);
  if (cached) {
    const goal = { atMost: brokers.goalSeconds };
    quantities.add({ what: formatted, unit: "s", goal }, formattedSeconds);
    quantities.add({ what: fresh, unit: "s" }, freshSeconds);
    await measureMemory(brokers, run);
  } else {
    quantities.add(withoutCache(formatted), formattedSeconds);
    quantities.add(withoutCache(fresh), freshSeconds);
  }
  await engine.down();
}

function withoutCache(what: string): Quantity {
  return {
    what: `${what}, no AOT cache`,
    unit: "s",
    relativeTo: { what, called: "that with it" },
  };
}

async function measureMemory(
  { title }: Brokers,
  { quantities, engine, signal }: MeasurementRun,
): Promise<void> {
  await pause(IDLE_MS, signal);
  const running = (await engine.status()).filter(({ pid }) => pid);
  const isBroker = ({ address }: { address?: string }) => address !== undefined;
  const sizes = await Promise.all(
    running.filter(isBroker).map(({ pid }) => residentMiB(pid!)),
  );
  quantities.add({
    what: sizes.length === 1
      ? `${title}'s memory, idle`
      : `memory of the largest of ${sizes.length} brokers, idle`,
    unit: "MiB",
    goal: MOST_MEMORY,
  }, Math.max(...sizes));
  for (const { service, pid } of running.filter((each) => !isBroker(each))) {
    quantities.add(
      { what: `memory of the ${service}, idle`, unit: "MiB" },
      await residentMiB(pid!),
    );
  }
}

async function kafka(
  { signal }: MeasurementRun,
  places: object,
  args: string[],
): Promise<void> {
  const [command, env] = withPlaces(places, [
    "kafka",
    ...args,
    "--engine",
    "local",
  ]);
  await runUserCommand(command, { env, signal });
}
