// deno task bench: see HELP.
import { benchCodecs } from "./bench/codecs.ts";
import { benchConsume } from "./bench/consume.ts";
import { benchLatency } from "./bench/latency.ts";
import { benchProduce } from "./bench/produce.ts";
import { benchStart } from "./bench/start.ts";
import { runCommand, UsageError } from "../command.ts";

const BENCHES: Record<
  string,
  { summary: string; run: (args: string[]) => Promise<number> }
> = {
  start: {
    summary: "broker, cluster, JupyterLab, kernel, notebooks; memory",
    run: benchStart,
  },
  produce: {
    summary: "records/s of KafkaJS, the accumulator and Java's producer",
    run: benchProduce,
  },
  consume: {
    summary: "records/s of KafkaJS, background commits, the own decoder, Java",
    run: benchConsume,
  },
  latency: {
    summary: "end to end, order, a consumer's stop, a broker's return",
    run: benchLatency,
  },
  codecs: {
    summary: "ratio and speed of the codecs, sizes compared with Java's",
    run: benchCodecs,
  },
};

const HELP = `Measures this project on this machine against its goals.

  deno task bench NAME [options]

${
  Object.entries(BENCHES).map(([name, { summary }]) =>
    `  ${name.padEnd(8)} ${summary}`
  ).join("\n")
}

'deno task bench NAME --help' tells more.`;

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === "--help") {
    console.log(HELP);
    return name === undefined ? 2 : 0;
  }
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (bench) return await bench.run(args);
  throw new UsageError(
    `Cannot run 'bench ${name}': there is no such measurement; choose of ${
      Object.keys(BENCHES).join(", ")
    }.`,
  );
}

if (import.meta.main) await runCommand(main);
