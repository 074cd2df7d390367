import { cpus } from "node:os";
import { engineFolders } from "lib/brokers/engine_folders.ts";
import { findRuntime } from "lib/brokers/local/kafka_runtime.ts";

/** What the figures depend on besides the code. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryMiB: number;
  os: string;
  /** The processes that ran or waited to run in the minute before the first round, on average. */
  load: number;
  deno: string;
  kafka: string;
  java: string;
  /** Whether set-up has made the AOT cache. */
  aotCache: boolean;
}

/** Describes this machine, its software and how busy it is. */
export function describeMachine(): Machine {
  const { java, jars, aotCache } = findRuntime(engineFolders());
  const { os, arch } = Deno.build;
  return {
    cpu: cpus()[0]?.model.trim() || "unknown CPU",
    cores: navigator.hardwareConcurrency,
    memoryMiB: Math.round(Deno.systemMemoryInfo().total / 2 ** 20),
    os: `${os} ${Deno.osRelease()} ${arch}`,
    load: Deno.loadavg()[0] ?? 0,
    deno: Deno.version.deno,
    kafka: jars.kafkaVersion,
    java: java.version,
    aotCache: aotCache !== undefined,
  };
}

/** Two lines: the hardware and how busy it is, then the software. */
export function machineText(machine: Machine): string {
  const gibibytes = (machine.memoryMiB / 1_024).toFixed(1);
  return `${machine.cpu}, ${machine.cores} core${
    machine.cores === 1 ? "" : "s"
  }, ${gibibytes} GiB, ${machine.os}, load ${machine.load.toFixed(1)} before
Deno ${machine.deno}, Kafka ${machine.kafka}, Java ${machine.java}, ${
    machine.aotCache ? "with" : "without"
  } an AOT cache`;
}
