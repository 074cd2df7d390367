import type { KafkaConfig, SASLOptions } from "kafkajs";
import type { Mechanism } from "kafkajs";

/**
 * What answers at an address. `kafka`: a broker. `nothing`: no process listens,
 * or no such host. `silence`: the connection stands, no answer came. `stranger`:
 * the answer is not Kafka's. `encryption`: TLS was offered to a port without it,
 * or withheld. `certificate`: one side refuses the other's certificate. `login`:
 * the broker asks for a login that it did not get, or refuses the one it got.
 */
export type FindingKind =
  | "kafka"
  | "nothing"
  | "silence"
  | "stranger"
  | "encryption"
  | "certificate"
  | "login";

/** What a knock at an address found. */
export interface Finding {
  /** What answers. */
  kind: FindingKind;
  /** The finding as a clause: "nothing listens at localhost:9092". */
  finding: string;
  /** What to do about it, where that does not depend on anything else. */
  advice?: string;
}

/** How a client shows who it is, and checks who the broker is. */
export interface Credentials {
  /** TLS, as KafkaJS's option of this name has it. None by default. */
  ssl?: KafkaConfig["ssl"] | undefined;
  /** The login, as KafkaJS's option of this name has it. None by default. */
  sasl?: SASLOptions | Mechanism | undefined;
}
