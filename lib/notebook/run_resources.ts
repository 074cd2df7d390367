import type { Kafka } from "kafkajs";
import { withAdmin } from "../admin/with_admin.ts";
import { within } from "../client/deadline.ts";
import { removeMembers } from "../admin/remove_members.ts";
import { forgetCrash } from "../client/end_waits_on_crash.ts";
import { deleteTopic } from "../admin/topic.ts";
import { until } from "../client/until.ts";

/** A producer, consumer or admin client of KafkaJS, or anything that connects likewise. */
export interface NotebookClient {
  /** Opens the connection. */
  connect(): Promise<void>;
  /** Closes it. */
  disconnect(): Promise<void>;
}

/** What a removal did. */
export interface Removal {
  /** How many clients are disconnected. */
  clients: number;
  /** How many topics are deleted. */
  topics: number;
  /** How many groups are deleted. */
  groups: number;
  /** One sentence for everything that is not. */
  problems: string[];
}

/** KafkaJS's consumers wait 5 s for the fetch that is under way, and then leave their group. */
const CLIENT_MS = 10_000;
const DEADLINE_MS = 5_000;

/**
 * What a notebook's run has opened and made in a cluster, so that it can be
 * removed again: first the clients, then their groups, then the topics.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { freshName } from "../admin/topic.ts";
 *
 * const resources = new RunResources(kafkaClient());
 * resources.topics.add(freshName("never-created"));
 * const removal = await resources.remove();
 * assertEquals([removal.topics, removal.problems], [1, []]);
 * ```
 */
export class RunResources {
  /** Clients to disconnect. */
  readonly clients: Set<NotebookClient> = new Set();
  /** Names of topics to delete. */
  readonly topics: Set<string> = new Set();
  /** Names of groups to delete. */
  readonly groups: Set<string> = new Set();
  /** Names that are those of topics or groups, if they are there at all. */
  readonly names: Set<string> = new Set();
  readonly #kafka: Kafka;

  /**
   * Starts with nothing to remove.
   *
   * @param kafka A client of the cluster, which need not be among the clients to disconnect.
   */
  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /**
   * Removes what it can, each thing within a deadline: 10 s for the clients, 5 s
   * each for the groups and for the topics. What fails stays, for another try.
   *
   * @returns What is gone, and a sentence for everything that is not.
   */
  async remove(): Promise<Removal> {
    // What crashed need not be removed otherwise.
    forgetCrash();
    const problems: string[] = [];
    const clients = (await Promise.all(
      [...this.clients].map((client) =>
        attempt(
          "disconnect a client",
          () => client.disconnect(),
          problems,
          CLIENT_MS,
        ).then((done) => done && this.clients.delete(client))
      ),
    )).filter(Boolean).length;
    if (this.names.size > 0) {
      await attempt(
        "look for what was made",
        () => this.#sortNames(),
        problems,
      );
    }
    const groups = await this.#removeNames(
      this.groups,
      "group",
      deleteGroups,
      problems,
    );
    const topics = await this.#removeNames(
      this.topics,
      "topic",
      deleteTopics,
      problems,
    );
    return { clients, topics, groups, problems };
  }

  /** Finds out which names are those of topics, and which of groups. */
  async #sortNames(): Promise<void> {
    await withAdmin(this.#kafka, async (admin) => {
      const topics = new Set(await admin.listTopics());
      const { groups } = await admin.listGroups();
      const groupIds = new Set(groups.map(({ groupId }) => groupId));
      for (const name of this.names) {
        if (topics.has(name)) this.topics.add(name);
        if (groupIds.has(name)) this.groups.add(name);
      }
    });
    this.names.clear();
  }

  async #removeNames(
    names: Set<string>,
    noun: string,
    deleteAll: (kafka: Kafka, names: string[]) => Promise<void>,
    problems: string[],
  ): Promise<number> {
    const all = [...names];
    if (all.length === 0) return 0;
    const done = await attempt(
      `delete ${counted(all.length, noun)}`,
      () => deleteAll(this.#kafka, all),
      problems,
    );
    if (!done) return 0;
    for (const name of all) names.delete(name);
    return all.length;
  }
}

/**
 * Writes a count with its noun.
 *
 * @param count How many.
 * @param noun What, in the singular.
 * @returns For example "1 topic" or "2 topics".
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([counted(1, "topic"), counted(2, "topic")], ["1 topic", "2 topics"]);
 * ```
 */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

async function attempt(
  what: string,
  work: () => Promise<unknown>,
  problems: string[],
  deadlineMs = DEADLINE_MS,
): Promise<boolean> {
  try {
    await within(work(), {
      deadlineMs,
      what: `the end of "${what}"`,
    });
    return true;
  } catch (error) {
    problems.push(
      `Could not ${what}: ${error instanceof Error ? error.message : error}`,
    );
    return false;
  }
}

async function deleteTopics(kafka: Kafka, names: string[]): Promise<void> {
  await deleteTopic(kafka, names, { deadlineMs: DEADLINE_MS - 500 });
}

/**
 * A group can be deleted once its last member has left. One that crashed, or
 * whose handler waits for its own stop (kafkajs#571), leaves late or never: it
 * is removed.
 */
async function deleteGroups(kafka: Kafka, names: string[]): Promise<void> {
  await withAdmin(kafka, (admin) => {
    let isFirstTry = true;
    return until(async () => {
      const { groups } = await admin.listGroups();
      const left = groups.map(({ groupId }) => groupId).filter((groupId) =>
        names.includes(groupId)
      );
      if (left.length === 0) return true;
      if (!isFirstTry) {
        await Promise.allSettled(
          left.map((name) => removeMembers(kafka, name)),
        );
      }
      isFirstTry = false;
      await admin.deleteGroups(left);
    }, {
      what: `the end of ${names.join(", ")}`,
      deadlineMs: DEADLINE_MS - 500,
      intervalMs: 100,
    });
  });
}
