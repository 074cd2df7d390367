import { pause } from "lib/client/interrupt.ts";
import { childrenOf } from "lib/brokers/process_identity.ts";
import type { Measurement, MeasurementRun } from "./measurement.ts";
import { proportionalMiB } from "./resident_memory.ts";
import { secondsOf } from "./seconds_of.ts";
import { runUserCommand, withPlaces } from "./user_command.ts";

/** What just started still compiles, collects and makes processes. */
const IDLE_MS = 5_000;

/** From `deno task kafka up SERVICE` until it ends, with the broker there and all fetched and unpacked before. */
export const services: Measurement = {
  name: "services",
  summary: "the start and memory of PostgreSQL and Connect beside the broker",
  async round(run) {
    await run.engine.reset();
    await run.engine.up();
    for (const service of ["postgres", "connect"]) {
      await measure(service, run);
    }
    await run.engine.down();
  },
};

async function measure(
  service: string,
  { quantities, engine, places, signal }: MeasurementRun,
): Promise<void> {
  const [command, env] = withPlaces(places, [
    ...["kafka", "up", service, "--engine", "local"],
  ]);
  const up = () => secondsOf(() => runUserCommand(command, { env, signal }));
  const first = await up();
  await engine.down({ services: [service] });
  quantities.add({ what: `${service} ready`, unit: "s" }, await up());
  quantities.add({ what: `${service} ready, first start`, unit: "s" }, first);
  await pause(IDLE_MS, signal);
  const [status] = await engine.status({ services: [service] });
  const pid = status!.pid!;
  const sizes = await Promise.all(
    [pid, ...childrenOf(pid).map((child) => child.pid)].map(proportionalMiB),
  );
  quantities.add(
    { what: `memory of ${service} with its processes, idle`, unit: "MiB" },
    sizes.reduce((sum, size) => sum + size, 0),
  );
}
