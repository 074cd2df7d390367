/**
 * The numbers by which requests name what they ask for, by Kafka's names of
 * them (https://kafka.apache.org/protocol#protocol_api_keys). KafkaJS still
 * calls `FindCoordinator` by its old name, `GroupCoordinator`.
 */
export const API_KEYS = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  DescribeGroups: 15,
  ListGroups: 16,
  SaslHandshake: 17,
  ApiVersions: 18,
  CreateTopics: 19,
  DeleteTopics: 20,
  DeleteRecords: 21,
  InitProducerId: 22,
  OffsetForLeaderEpoch: 23,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  WriteTxnMarkers: 27,
  TxnOffsetCommit: 28,
  DescribeAcls: 29,
  CreateAcls: 30,
  DeleteAcls: 31,
  DescribeConfigs: 32,
  AlterConfigs: 33,
  SaslAuthenticate: 36,
  CreatePartitions: 37,
  DeleteGroups: 42,
  IncrementalAlterConfigs: 44,
  AlterPartitionReassignments: 45,
  ListPartitionReassignments: 46,
  DescribeCluster: 60,
  ListTransactions: 66,
  ConsumerGroupHeartbeat: 68,
} as const;

/** A kind of request by Kafka's name: `"Produce"`, `"OffsetCommit"`. */
export type ApiName = keyof typeof API_KEYS;

const NAMES = new Map<number, ApiName>(
  Object.entries(API_KEYS).map(([name, key]) => [key, name as ApiName]),
);

/**
 * Names a kind of request.
 *
 * @param apiKey Its number in the protocol.
 * @returns Kafka's name of it, or `"api 99"` for a number that is not among them.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([apiName(0), apiName(8), apiName(99)], ["Produce", "OffsetCommit", "api 99"]);
 * ```
 */
export function apiName(apiKey: number): string {
  return NAMES.get(apiKey) ?? `api ${apiKey}`;
}
