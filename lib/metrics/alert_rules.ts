import type { AlertRule } from "./alert_rule.ts";
import { type Sample, sumBy, valuesOf } from "./samples.ts";

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const max = (values: number[]) => Math.max(-Infinity, ...values);
const sumOf = (samples: readonly Sample[], name: string) =>
  sum(valuesOf(samples, name));
const lagsOf = (samples: readonly Sample[]) =>
  sumBy(samples, "kafka_consumergroup_lag", "consumergroup");

/** The names of the rules. */
export type AlertName =
  | "BrokerDown"
  | "UnderReplicated"
  | "UnderMinIsr"
  | "OfflinePartitions"
  | "AbnormalController"
  | "LeadersAway"
  | "OfflineLogDirectory"
  | "TooLargeLag"
  | "OldUnreadRecord"
  | "ConsumersGone";

/**
 * The rules of `alerts.yml`, each with its condition in TypeScript. The names
 * of the metrics are those that exporters in common use have, and most of the
 * expressions are those that operators use. The times are for a lab, where a
 * broker's session is 6 s.
 */
export const alertRules: Readonly<Record<AlertName, AlertRule>> = {
  /** A page of metrics of a node cannot be read. */
  BrokerDown: {
    alert: "BrokerDown",
    expr: 'count(up{job="kafka"} == 0) > 0',
    forSeconds: 2,
    holds: (samples) =>
      valuesOf(samples, "up", { job: "kafka" }).some((up) => up === 0),
  },
  /** A replica is not in sync. */
  UnderReplicated: {
    alert: "UnderReplicated",
    expr: "sum(kafka_server_replicamanager_underreplicatedpartitions) > 0",
    forSeconds: 3,
    holds: (samples) =>
      sumOf(samples, "kafka_server_replicamanager_underreplicatedpartitions") >
        0,
  },
  /** A partition has fewer replicas in sync than `min.insync.replicas`: acks=all is refused. */
  UnderMinIsr: {
    alert: "UnderMinIsr",
    expr: "sum(kafka_server_replicamanager_underminisrpartitioncount) > 0",
    forSeconds: 1,
    holds: (samples) =>
      sumOf(samples, "kafka_server_replicamanager_underminisrpartitioncount") >
        0,
  },
  /** A partition has no leader: nobody can read or write it. */
  OfflinePartitions: {
    alert: "OfflinePartitions",
    expr: "sum(kafka_controller_kafkacontroller_offlinepartitionscount) > 0",
    forSeconds: 1,
    holds: (samples) =>
      sumOf(
        samples,
        "kafka_controller_kafkacontroller_offlinepartitionscount",
      ) > 0,
  },
  /** No controller is active, or more than one; a controller that cannot be read counts as none. */
  AbnormalController: {
    alert: "AbnormalController",
    expr:
      "(sum(kafka_controller_kafkacontroller_activecontrollercount) or vector(0)) != 1",
    forSeconds: 3,
    holds: (samples) =>
      sumOf(
        samples,
        "kafka_controller_kafkacontroller_activecontrollercount",
      ) !== 1,
  },
  /** Partitions are led by others than their preferred leaders. */
  LeadersAway: {
    alert: "LeadersAway",
    expr:
      "sum(kafka_controller_kafkacontroller_preferredreplicaimbalancecount) > 0",
    forSeconds: 2,
    holds: (samples) =>
      sumOf(
        samples,
        "kafka_controller_kafkacontroller_preferredreplicaimbalancecount",
      ) > 0,
  },
  /** A broker has given up one of its disks. */
  OfflineLogDirectory: {
    alert: "OfflineLogDirectory",
    expr: "sum(kafka_log_logmanager_offlinelogdirectorycount) > 0",
    forSeconds: 1,
    holds: (samples) =>
      sumOf(samples, "kafka_log_logmanager_offlinelogdirectorycount") > 0,
  },
  /** A group is many records behind. */
  TooLargeLag: {
    alert: "TooLargeLag",
    expr: "max(sum by (consumergroup) (kafka_consumergroup_lag)) > 1000",
    forSeconds: 1,
    holds: (samples) => max([...lagsOf(samples).values()]) > 1_000,
  },
  /** A record has waited for too long for its group. */
  OldUnreadRecord: {
    alert: "OldUnreadRecord",
    expr: "max(kafka_consumergroup_lag_seconds) > 5",
    forSeconds: 2,
    holds: (samples) =>
      max(valuesOf(samples, "kafka_consumergroup_lag_seconds")) > 5,
  },
  /** A group has lag, and nobody says that it has a member. */
  ConsumersGone: {
    alert: "ConsumersGone",
    expr:
      "count(sum by (consumergroup) (kafka_consumergroup_lag) > 0 unless on (consumergroup) kafka_consumergroup_members > 0) > 0",
    forSeconds: 2,
    holds: (samples) => {
      const members = sumBy(
        samples,
        "kafka_consumergroup_members",
        "consumergroup",
      );
      return [...lagsOf(samples)].some(([group, lag]) =>
        lag > 0 && !(members.get(group)! > 0)
      );
    },
  },
};
