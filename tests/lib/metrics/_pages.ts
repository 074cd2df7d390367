// Pages of metrics of a small cluster: whole, and with one fault each.

/** All is well. */
export const WHOLE = `
up{job="kafka",instance="controller"} 1
up{job="kafka",instance="kafka-1"} 1
up{job="groups",instance="groups"} 1
kafka_controller_kafkacontroller_activecontrollercount{instance="controller"} 1
kafka_controller_kafkacontroller_offlinepartitionscount{instance="controller"} 0
kafka_controller_kafkacontroller_preferredreplicaimbalancecount{instance="controller"} 0
kafka_server_replicamanager_underreplicatedpartitions{instance="kafka-1"} 0
kafka_server_replicamanager_underminisrpartitioncount{instance="kafka-1"} 0
kafka_log_logmanager_offlinelogdirectorycount{instance="kafka-1"} 0
kafka_consumergroup_lag{consumergroup="a",topic="orders",partition="0"} 600
kafka_consumergroup_lag{consumergroup="a",topic="orders",partition="1"} 400
kafka_consumergroup_lag_seconds{consumergroup="a",topic="orders",partition="0"} 5
kafka_consumergroup_members{consumergroup="a"} 1
kafka_consumergroup_lag{consumergroup="b",topic="orders",partition="0"} 0
kafka_consumergroup_members{consumergroup="b"} 0
`;

const but = (metric: string, value: number | null) =>
  WHOLE.split("\n").flatMap((line) =>
    !line.startsWith(metric)
      ? [line]
      : value === null
      ? []
      : [line.replace(/\S+$/, String(value))]
  ).join("\n");

/** One fault each, by the name of the rule that is to hold. */
export const BROKEN = {
  BrokerDown: but('up{job="kafka",instance="kafka-1"', 0),
  UnderReplicated: but(
    "kafka_server_replicamanager_underreplicatedpartitions",
    4,
  ),
  UnderMinIsr: but("kafka_server_replicamanager_underminisrpartitioncount", 1),
  OfflinePartitions: but(
    "kafka_controller_kafkacontroller_offlinepartitionscount",
    1,
  ),
  AbnormalController: but(
    "kafka_controller_kafkacontroller_activecontrollercount",
    null,
  ),
  LeadersAway: but(
    "kafka_controller_kafkacontroller_preferredreplicaimbalancecount",
    2,
  ),
  OfflineLogDirectory: but("kafka_log_logmanager_offlinelogdirectorycount", 1),
  TooLargeLag: but('kafka_consumergroup_lag{consumergroup="a"', 501),
  OldUnreadRecord: but("kafka_consumergroup_lag_seconds", 5.1),
  ConsumersGone: but('kafka_consumergroup_members{consumergroup="a"', null),
};
