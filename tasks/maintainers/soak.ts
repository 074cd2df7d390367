// deno task soak: see HELP.
import { parseArgs } from "@std/cli/parse-args";
import type { EngineOptions } from "lib/brokers/engine.ts";
import { findEngine } from "lib/brokers/find_engine.ts";
import { engineChoice } from "../broker.ts";
import { refuseUnknown, runCommand, UsageError } from "../command.ts";
import { forgetUsersCluster, stopOnSignal } from "../own_cluster.ts";
import { runningCluster } from "../running_cluster.ts";
import { setUp } from "../setup/set_up.ts";
import { makePlan, stepText } from "lib/experiment/fault_plan.ts";
import { soakReport } from "./soak/report.ts";
import { soak } from "./soak/soak.ts";
import type { Unsafe } from "./soak/participants.ts";

const HELP = `Breaks the cluster at random and counts what gets lost.

  deno task soak [options]

  --minutes N     how long (2)
  --seed S        which plan: the same number is the same plan (of chance)
  --topics N      how many topics are produced to; consumers read the first (1)
  --partitions N  how many partitions each topic has (6)
  --unwritable N  how many topics, the last ones, cannot be written at times (0)
  --plan          print the plan, and do nothing
  --unsafe W      producer or consumer: one as people write it first, to see it fail
  --engine E      auto, compose or local (auto)

A controller and three brokers are started if they do not run, and then stopped
afterwards. Nodes are killed, frozen and restarted, connections cut, delayed and
silenced, consumers killed, while the SafeProducer sends, three groups consume
and a transactional loop reads and writes. Topics that cannot be written at times
need all their replicas in sync while a broker is away; the others must go on. What was acknowledged, what lies in
the logs and what the consumers tell is compared all the time; the first thing
that must not be ends it. Ctrl-C puts the cluster right and ends all clients.`;

interface Command {
  minutes: number;
  seed: number;
  topics: number;
  partitions: number;
  unwritable: number;
  unsafe: Unsafe | undefined;
  onlyPlan: boolean;
  engine: string;
}

function readCommand(args: string[]): Command | undefined {
  const options = parseArgs(args, {
    boolean: ["help", "plan"],
    string: [
      ...["minutes", "seed", "engine", "unsafe"],
      ...["topics", "partitions", "unwritable"],
    ],
    default: {
      ...{ minutes: "2", engine: "auto" },
      ...{ topics: "1", partitions: "6", unwritable: "0" },
    },
    alias: { h: "help" },
    unknown: refuseUnknown("soak"),
  });
  if (options.help) return;
  const minutes = Number(options.minutes);
  if (!(minutes >= 0.5 && minutes <= 10_000)) {
    throw new UsageError(
      `Cannot soak as --minutes must be from 0.5 to 10000: current value is ${options.minutes}`,
    );
  }
  const seed = options.seed === undefined
    ? Math.floor(Math.random() * 1e6)
    : Number(options.seed);
  if (!Number.isSafeInteger(seed) || options.seed === "") {
    throw new UsageError(
      `Cannot soak as --seed must be a whole number: current value is ${options.seed}`,
    );
  }
  const topics = count("topics", options.topics, { from: 1, to: 50 });
  const partitions = count("partitions", options.partitions, {
    ...{ from: 1, to: 100 },
  });
  const unwritable = count("unwritable", options.unwritable, {
    // Consumers need one that can be written.
    ...{ from: 0, to: topics - 1 },
  });
  const { unsafe, plan: onlyPlan, engine } = options;
  if (unsafe !== undefined && unsafe !== "producer" && unsafe !== "consumer") {
    throw new UsageError(
      `Cannot soak with an unsafe '${unsafe}': --unsafe takes producer or consumer.`,
    );
  }
  return {
    ...{ minutes, seed, topics, partitions, unwritable },
    ...{ unsafe, onlyPlan, engine },
  };
}

function count(
  name: string,
  text: string,
  { from, to }: { from: number; to: number },
): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= from && number <= to) return number;
  throw new UsageError(
    `Cannot soak as --${name} must be a whole number from ${from} to ${to}: current value is ${text}`,
  );
}

/** `deno task soak` with its arguments; with `places` on the brokers of a test, without set-up. */
export async function soakCommand(
  args: string[],
  places?: EngineOptions,
): Promise<number> {
  const command = readCommand(args);
  if (command === undefined) {
    console.log(HELP);
    return 0;
  }
  const { minutes, seed, onlyPlan, engine: _, ...others } = command;
  const choice = engineChoice(command.engine);
  if (onlyPlan) {
    for (const step of makePlan(seed, minutes, others)) {
      console.log(`${seconds(step.atMs)}  ${stepText(step)}`);
    }
    return 0;
  }
  if (places === undefined) await setUp();
  forgetUsersCluster(["KAFKA_ENGINE"]);
  const signal = stopOnSignal("Stopped before the soak was over");
  try {
    const engine = await findEngine(choice, places);
    await using _cluster = await runningCluster(engine);
    console.log(`Soaking for ${minutes} minutes with seed ${seed}`);
    const begin = performance.now();
    const say = (line: string) =>
      console.log(`${seconds(performance.now() - begin)}  ${line}`);
    const participants = await soak({
      ...{ minutes, seed, ...others, engine, signal, say },
      places: places ?? {},
    });
    console.log(soakReport(participants));
    return participants.findings.failed === 0 ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    console.error(
      "Stopped: the cluster is as it was, and all clients have ended.",
    );
    return 130;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(6)} s`;
}

if (import.meta.main) await runCommand((args) => soakCommand(args));
