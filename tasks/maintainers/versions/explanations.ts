import type { Answer } from "./ask_claims.ts";

/** Why claims do not hold, or cannot be asked, in a version of Kafka. */
export interface Explanation {
  /** The version of Kafka from which on they hold: "4.0". */
  since: string;
  /** What changed in it, in a sentence. */
  what: string;
  /** Where that is written: a KIP or a ticket. */
  source: string;
  /** Whether it explains an answer. */
  explains(answer: Pick<Answer, "id" | "measured">): boolean;
}

/** Every difference between the versions that were asked, read one by one. */
export const EXPLANATIONS: Explanation[] = [
  {
    since: "4.0",
    what:
      "A topic refuses a record that is dated more than an hour ahead: `message.timestamp.after.max.ms` has that default, and notebook 02 asks for it.",
    source: "KIP-1030",
    explains: ({ measured }) => measured.includes("timestamp.after.max.ms"),
  },
];
