import type { AclEntry, AclFilter, Admin, Kafka } from "kafkajs";
import { until } from "../client/until.ts";
import { withAdmin } from "./with_admin.ts";

/** What connecting and the request itself may take on top of the wait. */
const ANSWER_MS = 5_000;

/** How {@linkcode createAcls} and {@linkcode deleteAcls} wait. */
export interface AclOptions {
  /** After how many milliseconds to give up. 15,000 by default. */
  deadlineMs?: number;
}

/**
 * Creates ACLs, and waits until the broker that is asked goes by them: a
 * controller says yes to a rule before brokers have read it (KIP-801).
 * `kafka-acls --add` does the same without the wait.
 *
 * @param kafka A cluster with an authorizer, and a user who may `ALTER` the cluster.
 * @param acls The rules.
 * @param options After how long to give up.
 * @throws {Error} KafkaJS's, if the cluster refuses them: it has no authorizer, or the user may not.
 * @throws {DeadlineError} If the broker does not know them in time.
 * @throws {InterruptedError} If interrupted meanwhile.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * await createAcls(kafka, [{
 *   principal: "User:alice",
 *   host: "*",
 *   resourceType: AclResourceTypes.TOPIC,
 *   resourceName: "orders",
 *   resourcePatternType: ResourcePatternTypes.LITERAL,
 *   operation: AclOperationTypes.WRITE,
 *   permissionType: AclPermissionTypes.ALLOW,
 * }]);
 * ```
 */
export async function createAcls(
  kafka: Kafka,
  acls: AclEntry[],
  { deadlineMs = 15_000 }: AclOptions = {},
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    await admin.createAcls({ acl: acls });
    for (const acl of acls) {
      await until(() => isKnown(admin, acl), {
        what: `the broker to know a rule on ${acl.resourceName}`,
        deadlineMs,
      });
    }
  }, { deadlineMs: deadlineMs + ANSWER_MS });
}

/**
 * Deletes ACLs, and waits until the broker that is asked goes by none of them.
 *
 * @param kafka A cluster with an authorizer, and a user who may `ALTER` the cluster.
 * @param filters The rules, or what they have in common.
 * @param options After how long to give up.
 * @throws {Error} KafkaJS's, if the cluster refuses: it has no authorizer, or the user may not.
 * @throws {DeadlineError} If the broker still knows one of them after that time.
 * @throws {InterruptedError} If interrupted meanwhile.
 * @throws {ConsumerCrashError} If a watched consumer crashes meanwhile.
 *
 * @example Usage
 * ```ts ignore
 * await deleteAcls(kafka, [{ ...rule, principal: "User:alice" }]);
 * ```
 */
export async function deleteAcls(
  kafka: Kafka,
  filters: AclFilter[],
  { deadlineMs = 15_000 }: AclOptions = {},
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    await admin.deleteAcls({ filters });
    for (const filter of filters) {
      await until(async () => !await isKnown(admin, filter), {
        what: `the broker to forget a rule on ${filter.resourceName}`,
        deadlineMs,
      });
    }
  }, { deadlineMs: deadlineMs + ANSWER_MS });
}

async function isKnown(admin: Admin, filter: AclFilter): Promise<boolean> {
  return (await admin.describeAcls(filter)).resources.length > 0;
}
