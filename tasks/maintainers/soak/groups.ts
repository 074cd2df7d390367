import type { ChildConsumerOptions } from "lib/experiment/child_consumer.ts";
import { Crew } from "./crew.ts";
import { GroupCheck } from "./group_check.ts";
import { type GroupName, GROUPS } from "lib/experiment/fault_plan.ts";
import type { Report } from "./violation.ts";

/** What the groups read and write, and from where. */
export interface GroupsOptions {
  /** The topic that all of them read. */
  topic: string;
  /** What the transactional loop writes. */
  output: string;
  /** What their ids begin with. */
  prefix: string;
  addressesOf: (wire: "consumers" | "transactions") => string[];
  /** Commits before it processes, so that a crash loses records. */
  isUnsafe: boolean;
  report: Report;
  onNote: (line: string) => void;
}

/** The groups at work, and what follows them. */
export interface Groups {
  ids: string[];
  crews: Record<GroupName, Crew>;
  checks: Record<GroupName, GroupCheck>;
}

/** Short, so that what a crash holds up goes on within the time of a soak. */
const CONSUMER = {
  sessionTimeout: 6_000,
  heartbeatInterval: 500,
  rebalanceTimeout: 10_000,
};
const REQUEST_MS = 3_000;

/** Makes the four groups: two ways to commit, work side by side, and transactions. */
export function makeGroups(options: GroupsOptions): Groups {
  const { topic, output, prefix, addressesOf, isUnsafe } = options;
  const { report, onNote } = options;
  const ways: Record<GroupName, Partial<ChildConsumerOptions>> = {
    "by batch": isUnsafe
      ? { commit: "each batch", order: "commit first", workMs: 5 }
      : { commit: "each batch" },
    "in background": { commit: "background", everyMs: 500 },
    "by key": { concurrency: 8, everyMs: 500, workMs: 5 },
    "transactional": {
      write: {
        topic: output,
        transactionalId: prefix,
        recordsPerTransaction: 20,
      },
    },
  };
  const idOf = (name: GroupName) => `${prefix}-${name.replace(" ", "-")}`;
  const make = (name: GroupName): [Crew, GroupCheck] => {
    const check = new GroupCheck(name, {
      inOrderOf: name === "by key" ? "key" : "partition",
      report,
    });
    const wire = name === "transactional" ? "transactions" : "consumers";
    const crew = new Crew({
      name,
      consumer: {
        ...{ topic, groupId: idOf(name), ...ways[name] },
        ...{ brokers: addressesOf(wire), requestTimeout: REQUEST_MS },
        consumerConfig: CONSUMER,
      },
      onEvent: (member, event) => check.hear(member, event),
      onNote,
    });
    return [crew, check];
  };
  const made = GROUPS.map((name) => [name, ...make(name)] as const);
  return {
    ids: GROUPS.map(idOf),
    crews: Object.fromEntries(
      made.map(([name, crew]) => [name, crew]),
    ) as Groups["crews"],
    checks: Object.fromEntries(
      made.map(([name, , check]) => [name, check]),
    ) as Groups["checks"],
  };
}
