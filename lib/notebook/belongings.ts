import type { Kafka } from "kafkajs";
import { withAdmin } from "../client/admin.ts";
import { within } from "../client/deadline.ts";
import { deleteTopic } from "../client/topic.ts";
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
  /** How many of each are gone. */
  clients: number;
  topics: number;
  groups: number;
  /** One sentence for everything that is not. */
  problems: string[];
}

const DEADLINE_MS = 5_000;

/**
 * What a notebook's run has opened and made in a cluster, so that it can be
 * removed again: first the clients, then their groups, then the topics.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { freshName } from "../client/topic.ts";
 *
 * const belongings = new Belongings(kafkaClient());
 * belongings.topics.add(freshName("never-created"));
 * const removal = await belongings.remove();
 * assertEquals([removal.topics, removal.problems], [1, []]);
 * ```
 */
export class Belongings {
  /** Clients to disconnect. */
  readonly clients: Set<NotebookClient> = new Set();
  /** Names of topics to delete. */
  readonly topics: Set<string> = new Set();
  /** Names of groups to delete. */
  readonly groups: Set<string> = new Set();
  readonly #kafka: Kafka;

  /** Starts with nothing to remove. */
  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** Removes what it can, each thing within a deadline; what fails stays, for another try. */
  async remove(): Promise<Removal> {
    const problems: string[] = [];
    const clients = (await Promise.all(
      [...this.clients].map((client) =>
        attempt("disconnect a client", () => client.disconnect(), problems)
          .then((done) => done && this.clients.delete(client))
      ),
    )).filter(Boolean).length;
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

/** Writes a count with its noun: "1 topic", "2 topics". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

async function attempt(
  what: string,
  work: () => Promise<unknown>,
  problems: string[],
): Promise<boolean> {
  try {
    await within(work(), {
      deadlineMs: DEADLINE_MS,
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

/** A group can be deleted once its last member has left, which a crashed one does late. */
async function deleteGroups(kafka: Kafka, names: string[]): Promise<void> {
  await withAdmin(kafka, (admin) =>
    until(async () => {
      const { groups } = await admin.listGroups();
      const left = groups.map(({ groupId }) => groupId).filter((groupId) =>
        names.includes(groupId)
      );
      if (left.length > 0) await admin.deleteGroups(left);
      return left.length === 0;
    }, {
      what: `the end of ${names.join(", ")}`,
      deadlineMs: DEADLINE_MS - 500,
    }));
}
