import type { Kafka } from "kafkajs";
import { committedOffsets } from "../admin/group_offsets.ts";
import { removeMembers } from "../admin/remove_members.ts";
import { until } from "../client/until.ts";
import {
  databaseLoop,
  type DatabaseLoopSettings,
  type Loop,
} from "./database_loop.ts";

/** Where a loop works and dies, and how far its heir goes. */
export type Inheritance = Required<Omit<DatabaseLoopSettings, "todo">> & {
  /** What the group has committed, in partition 0, when all the work is done. */
  through: bigint;
};

const LONGEST_MS = 60_000;

/**
 * Runs a loop in a process that is killed, and then once more in another
 * process, its heir, which goes on until the group has committed everything.
 * The dead member is taken out of the group, as an administrator can, so that
 * the heir need not wait until its session is over.
 *
 * @param kafka The cluster.
 * @param loop The loop. It commits the offsets of its group.
 * @param inheritance Where it works and dies, and how far its heir goes.
 * @returns When the heir is through, and has been killed, too.
 * @throws {Error} If the first process ended by itself, with what it printed.
 * @throws {DeadlineError} If the first is not killed, or the heir not through, after 60 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile.
 */
export async function killAndInherit(
  kafka: Kafka,
  loop: Loop,
  { through, dies, ...place }: Inheritance,
): Promise<void> {
  await databaseLoop(loop, { ...place, dies }).ended;
  await removeMembers(kafka, place.groupId);
  await using heir = databaseLoop(loop, place);
  let ended: unknown;
  heir.ended.catch((error) => ended = error);
  await until(async () => {
    if (ended) return true;
    const [found] = await committedOffsets(kafka, place.groupId);
    return found?.offset === through;
  }, {
    what: `the heir to commit offset ${through}`,
    deadlineMs: LONGEST_MS,
  });
  if (ended) throw ended;
}
