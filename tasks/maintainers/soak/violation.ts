/** What must hold, as the report names it. */
export const CHECKS = {
  lost: "every acknowledged record is in the log, where it was said to be",
  duplicated: "no record is in the log twice",
  reordered: "the records of a key are in the order of sending",
  unanswered: "every record has ended in one result",
  output: "the transactional output has each record once, and in order",
  committed: "a commit covers only records that were processed",
  repeated: "no consumer starts before a confirmed commit",
  disorder: "consumers take the records in order",
  skipped: "every group has processed every record",
  stuck: "no client stands still for more than 60 s",
  flowing: "topics are written while others cannot be",
  rewritten: "what was read once is still there at the end",
  cluster: "the cluster is whole at the end",
  processes: "no process is left",
} as const;
export type CheckName = keyof typeof CHECKS;

/** Something that must not be. */
export interface Violation {
  check: CheckName;
  /** What was found. */
  what: string;
  /** The records it is about. */
  records: string[];
  /** The first of them by the name that the history knows. */
  about?: string;
}

/** Takes violations as they are found. */
export type Report = (violation: Violation) => void;
