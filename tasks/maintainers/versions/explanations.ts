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

/** The answers to these claims, and to no other of their notebooks: a new difference is to be read, too. */
const of = (...ids: string[]) => ({ id }: Pick<Answer, "id">) =>
  ids.includes(id);

/** The answers in which something was measured, or said. */
const saying = (text: string) => ({ measured }: Pick<Answer, "measured">) =>
  measured.includes(text);

/** Every difference between the versions that were asked, read one by one. */
export const EXPLANATIONS: Explanation[] = [
  {
    since: "4.0",
    what:
      "A topic refuses a record that is dated more than an hour ahead: `message.timestamp.after.max.ms` has that default. Notebook 02 asks for it.",
    source: "KIP-1030",
    explains: saying("timestamp.after.max.ms"),
  },
  {
    since: "4.0",
    what:
      "A producer's epoch is raised with each transaction (`transaction.version` 2). Notebooks 20, 21 and 25 ask for that version.",
    source: "KIP-890",
    explains: (answer) =>
      ["20", "21", "25"].includes(answer.id.slice(0, 2)) &&
      saying("Kafka 4.0 or later is needed")(answer),
  },
  {
    since: "4.0",
    what:
      "There is no ZooKeeper any more. Notebook 00 says so, and asks for that version.",
    source: "KIP-833",
    explains: saying("Kafka 4.0 or later is needed"),
  },
  {
    since: "4.0",
    what: "The new group protocol is there for everybody (`group.version` 1).",
    source: "KIP-848",
    explains: saying("feature group.version is needed"),
  },
  {
    since: "4.0",
    what:
      "Java's producer refuses more than five requests in flight while it is idempotent by default; before, it gave up idempotence, with a warning that announces the change.",
    source: "`ProducerConfig` of 3.9",
    explains: of("18/java-five-at-most"),
  },
  {
    since: "4.0",
    what:
      "Brokers and tools log by Log4j 2. Our engine's settings for the log are Log4j 2's, so that what an older broker denies, or an older tool complains of, is not found.",
    source: "KIP-653",
    explains: of(
      "10/java-poll-timeout",
      "12/out-of-range",
      "12/out-of-range-commits",
      "28/no-login",
      "28/who-refused",
      "28/principals",
      "28/rights",
      "28/deny-beats-allow",
      "28/deleted-user",
    ),
  },
  {
    since: "4.1",
    what:
      "In a new cluster a replica that has left the ISR and still has everything may lead (Eligible Leader Replicas, on by default).",
    source: "KIP-966",
    explains: of("16/elected", "16/offline-not-lost"),
  },
  {
    since: "4.2",
    what:
      "Share groups are ready for production; 4.1 has them as a preview, without Java's `record_limit` (KIP-1206), earlier versions not at all or as a first look.",
    source: "KIP-932",
    explains: (answer) =>
      of("09/taken-back")(answer) ||
      saying("feature share.version is needed")(answer),
  },
  {
    since: "4.2",
    what:
      "The performance tools take `--bootstrap-server` and `--command-property`, as the others do.",
    source: "KIP-1147",
    explains: saying("producer-perf-test"),
  },
];
