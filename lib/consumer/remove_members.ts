import type { Kafka } from "kafkajs";
import protocolErrors from "kafkajs/src/protocol/error.js";
import leaveRequest from "kafkajs/src/protocol/requests/leaveGroup/v3/request.js";
import leaveResponse from "kafkajs/src/protocol/requests/leaveGroup/v3/response.js";
import { withAdmin } from "../client/admin.ts";
import { sendRequest, withBrokers } from "../client/broker_connections.ts";
import { groupCoordinator } from "../client/group_coordinator.ts";

interface LeaveResponse {
  errorCode: number;
  members: { memberId: string; errorCode: number }[];
}

/** What Kafka says of a member that has left by itself meanwhile. */
const UNKNOWN_MEMBER_ID = 25;

/**
 * Removes every member of a group, as Java's
 * `Admin.removeMembersFromConsumerGroup()` does: for members that will not
 * come back, but whose sessions last. A crashed one keeps its partitions until
 * its session is over, and so does a static member (`group.instance.id`) that
 * was stopped. A member that lives joins again. It is for groups of the
 * classic protocol.
 *
 * @param kafka The cluster.
 * @param groupId The group's id. It need not exist.
 * @returns How many members were removed.
 * @throws {Error} KafkaJS's error for what the coordinator refused.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { freshName } from "../client/topic.ts";
 *
 * assertEquals(await removeMembers(kafkaClient(), freshName("nobody")), 0);
 * ```
 */
export async function removeMembers(
  kafka: Kafka,
  groupId: string,
): Promise<number> {
  const what = `the removal of the members of group '${groupId}'`;
  const members = await withAdmin(kafka, async (admin) => {
    const { groups } = await admin.describeGroups([groupId]);
    return groups.flatMap(({ members }) => members);
  }, { what });
  if (members.length === 0) return 0;
  const request = leaveRequest({
    groupId,
    members: members.map(({ memberId }) => ({ memberId })),
  });
  const { errorCode, members: left } = await withBrokers(
    kafka,
    async (brokers) =>
      await sendRequest<LeaveResponse>(
        await groupCoordinator(brokers, groupId),
        request,
        leaveResponse.decode,
      ),
    { what },
  );
  const refused = [errorCode, ...left.map((member) => member.errorCode)]
    .find((code) => code !== 0 && code !== UNKNOWN_MEMBER_ID);
  if (refused) throw protocolErrors.createErrorFromCode(refused);
  return left.filter((member) => member.errorCode === 0).length;
}
