import type { Kafka } from "kafkajs";
import protocolErrors from "kafkajs/src/protocol/error.js";
import leaveRequest from "kafkajs/src/protocol/requests/leaveGroup/v3/request.js";
import leaveResponse from "kafkajs/src/protocol/requests/leaveGroup/v3/response.js";
import { withAdmin } from "./with_admin.ts";
import { sendRequest, withBrokers } from "../client/broker_connections.ts";
import { groupCoordinator } from "./group_coordinator.ts";
import { listedGroups } from "./listed_groups.ts";

interface LeaveResponse {
  errorCode: number;
  members: { memberId: string; errorCode: number }[];
}

/** The state of a group that does not exist, and of every group that is not of the classic protocol. */
const NOT_CLASSIC = "Dead";

/** What a group without members is called. */
const ENDED = ["Empty", "Dead"];

/** What Kafka says of a member that has left by itself meanwhile. */
const UNKNOWN_MEMBER_ID = 25;

/**
 * Removes every member of a group, as Java's
 * `Admin.removeMembersFromConsumerGroup()` does: for members that will not
 * come back, but whose sessions last. A crashed one keeps its partitions until
 * its session is over, and so does a static member (`group.instance.id`) that
 * was stopped. A member that lives joins again.
 *
 * It is for groups of the classic protocol. Since Kafka 4.0 Java's `Admin`
 * removes members of the newer one (KIP-848), too; this does not. Members of
 * share groups and of streams groups cannot be removed: they leave by
 * themselves, or when their session is over.
 *
 * @param kafka The cluster.
 * @param groupId The group's id. It need not exist.
 * @returns How many members were removed.
 * @throws {TypeError} If the group has members and is not of the classic protocol.
 * @throws {Error} KafkaJS's error for what the coordinator refused.
 * @throws {DeadlineError} If no coordinator answers within 15 s.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { freshName } from "./topic.ts";
 *
 * assertEquals(await removeMembers(kafkaClient(), freshName("nobody")), 0);
 * ```
 */
export async function removeMembers(
  kafka: Kafka,
  groupId: string,
): Promise<number> {
  const what = `the removal of the members of group '${groupId}'`;
  const { state, members } = await withAdmin(kafka, async (admin) => {
    const { groups: [group] } = await admin.describeGroups([groupId]);
    return group!;
  }, { what });
  if (state === NOT_CLASSIC) await refuseNewerGroup(kafka, groupId, what);
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

async function refuseNewerGroup(
  kafka: Kafka,
  groupId: string,
  what: string,
): Promise<void> {
  const groups = await withBrokers(
    kafka,
    async (brokers) =>
      await listedGroups(await groupCoordinator(brokers, groupId)),
    { what },
  );
  const group = groups.find((listed) => listed.groupId === groupId);
  if (group === undefined || ENDED.includes(group.state)) return;
  throw new TypeError(
    `Cannot remove the members of group '${groupId}' as it is not of the classic protocol (it is ${group.state}, and its members are of type '${group.protocolType}'): stop them, or wait until their sessions are over`,
  );
}
