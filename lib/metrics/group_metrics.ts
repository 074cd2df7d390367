import type { Kafka } from "kafkajs";
import type { Gauge, Registry } from "prom-client";
import { fetchTopicOffsets } from "../admin/topic_offsets.ts";
import {
  kafkaClient,
  type KafkaClientOptions,
} from "../client/kafka_client.ts";
import { lagOf, type PartitionLag } from "../admin/lag.ts";
import { withAdmin } from "../admin/with_admin.ts";
import { withBrokers } from "../client/broker_connections.ts";
import { LagHistory } from "./lag_history.ts";
import { Rounds } from "./rounds.ts";

/** Which groups are measured, and how often. */
export interface GroupMetricsOptions {
  /** The groups' ids, and the topics that each reads: a partition without a commit counts, too. */
  groups: Readonly<Record<string, readonly string[]>>;
  /** How long from one round of questions to the next, in milliseconds. 500 by default. */
  everyMs?: number;
  /** After how long an answer counts as not given, in milliseconds. 3 s by default. */
  deadlineMs?: number;
}

/**
 * Measures consumer groups, for a page of metrics. It asks the brokers in the
 * background, so that a page is served at once whatever they do.
 *
 * - `kafka_consumergroup_lag`: records behind, for each partition with a commit, never negative
 * - `kafka_consumergroup_lag_seconds`: how old the next record to read is
 * - `kafka_consumergroup_catch_up_seconds`: after how long nothing is left to read, at the speeds of the last seconds
 * - `kafka_consumergroup_members`: how many members the group has; left out while its coordinator does not answer
 * - `kafka_consumergroup_uncommitted_partitions`: partitions without a commit, whose lag is not known
 *
 * While a coordinator does not answer, lag is counted from the last commit that
 * was seen: nobody has committed since.
 *
 * @example Usage
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../admin/topic.ts";
 *
 * const kafka = kafkaClient();
 * const [orders, billing] = [freshName("orders"), freshName("billing")];
 * await createTopic(kafka, orders, { partitions: 2 });
 *
 * const metrics = new GroupMetrics({}, { groups: { [billing]: [orders] } });
 * await metrics.connect();
 * assertMatch(await metrics.page(), /kafka_consumergroup_uncommitted_partitions\{.*\} 2/);
 * await metrics.disconnect();
 * await deleteTopic(kafka, orders);
 * ```
 */
export class GroupMetrics {
  readonly #kafka: Kafka;
  readonly #options: Required<GroupMetricsOptions>;
  #page: Page | undefined;
  readonly #histories = new Map<string, LagHistory>();
  readonly #committed = new Map<string, PartitionLag[]>();
  readonly #rounds: Rounds;

  /**
   * Begins with `connect()`.
   *
   * @param client How to reach the cluster; it asks through a `kafkaClient()` of its own.
   * @param options Which groups, and how often they are asked about.
   */
  constructor(
    client: KafkaClientOptions,
    { groups, everyMs = 500, deadlineMs = 3_000 }: GroupMetricsOptions,
  ) {
    this.#kafka = kafkaClient(client);
    this.#options = { groups, everyMs, deadlineMs };
    this.#rounds = new Rounds(() => this.#look(), everyMs);
  }

  /** Begins, and returns after the first round. */
  async connect(): Promise<void> {
    this.#page ??= await openPage();
    await this.#rounds.begin();
  }

  /** Ends, after the round under way. */
  async disconnect(): Promise<void> {
    await this.#rounds.end();
  }

  /** The content type of {@linkcode GroupMetrics.page}. */
  get contentType(): string {
    return this.#opened().registry.contentType;
  }

  /**
   * Writes the page, of the last round.
   *
   * @returns The page, in Prometheus' text format.
   * @throws {Error} If `connect()` has not been called.
   */
  async page(): Promise<string> {
    return await this.#opened().registry.metrics();
  }

  #opened(): Page {
    if (this.#page) return this.#page;
    throw new Error(
      "Cannot write the page of metrics as nothing has been measured: call connect() first",
    );
  }

  async #look(): Promise<void> {
    await Promise.all(
      Object.entries(this.#options.groups)
        .map(([group, topics]) => this.#lookAt(group, [...topics])),
    );
  }

  async #lookAt(group: string, topics: string[]): Promise<void> {
    const { deadlineMs } = this.#options;
    const { gauges } = this.#opened();
    const [members, lags] = await Promise.allSettled([
      membersOf(this.#kafka, group, deadlineMs),
      lagOf(this.#kafka, group, topics, { deadlineMs }),
    ]);
    const labels = { consumergroup: group };
    if (members.status === "fulfilled") {
      gauges.members.set(labels, members.value);
    } else {
      // Not 0: that nobody answers does not mean that nobody is there.
      gauges.members.remove(labels);
    }
    const known = lags.status === "fulfilled"
      ? lags.value
      : await this.#fromLastCommits(group, topics);
    if (lags.status === "fulfilled") this.#committed.set(group, lags.value);
    this.#show(group, known, Date.now());
  }

  /** Where the logs end now, with the commits that were seen last. */
  async #fromLastCommits(
    group: string,
    topics: string[],
  ): Promise<PartitionLag[]> {
    const { deadlineMs } = this.#options;
    const last = this.#committed.get(group) ?? [];
    // Long enough to pass over a silent broker, and then a silent leader.
    const ends = await endsOf(this.#kafka, topics, 2 * deadlineMs)
      .catch(() => new Map<string, bigint | null>());
    return last.map((lag) => ({
      ...lag,
      end: ends.get(keyOf(lag)) ?? lag.end,
    }));
  }

  #show(group: string, lags: PartitionLag[], atMs: number): void {
    const { gauges } = this.#opened();
    const uncommitted = lags.filter(({ committed }) => committed === null);
    gauges.uncommitted.set({ consumergroup: group }, uncommitted.length);
    for (const { topic, partition, committed, end } of lags) {
      if (committed === null || end === null) continue;
      const key = `${group} ${keyOf({ topic, partition })}`;
      const history = this.#histories.get(key) ?? new LagHistory();
      this.#histories.set(key, history);
      history.note({ atMs, end, committed });
      const labels = { consumergroup: group, topic, partition };
      gauges.lag.set(labels, Number(history.lag));
      gauges.seconds.set(labels, history.seconds);
      gauges.catchUp.set(labels, history.catchUpSeconds);
    }
  }
}

interface Page {
  registry: Registry;
  gauges: Record<
    "lag" | "seconds" | "catchUp" | "members" | "uncommitted",
    Gauge
  >;
}

/** prom-client adds to the global `performance` when it is loaded, so only those who measure load it. */
async function openPage(): Promise<Page> {
  const { Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({
      ...{ name: `kafka_consumergroup_${name}`, help, registers: [registry] },
      labelNames: ["consumergroup", ...labelNames],
    });
  const place = ["topic", "partition"];
  const gauges = {
    lag: gauge("lag", "How many records the group is behind", ...place),
    seconds: gauge(
      "lag_seconds",
      "How long ago the next record to read was appended",
      ...place,
    ),
    catchUp: gauge(
      "catch_up_seconds",
      "After how long nothing is left to read, at the present speeds",
      ...place,
    ),
    members: gauge("members", "How many members the group has"),
    uncommitted: gauge(
      "uncommitted_partitions",
      "In how many partitions the group has committed nothing",
    ),
  };
  return { registry, gauges };
}

function keyOf(
  { topic, partition }: { topic: string; partition: number },
): string {
  return `${topic}/${partition}`;
}

async function membersOf(
  kafka: Kafka,
  groupId: string,
  deadlineMs: number,
): Promise<number> {
  return await withAdmin(kafka, async (admin) => {
    const { groups: [group] } = await admin.describeGroups([groupId]);
    return group!.members.length;
  }, { deadlineMs, what: `the members of group '${groupId}'` });
}

async function endsOf(
  kafka: Kafka,
  topics: string[],
  deadlineMs: number,
): Promise<Map<string, bigint | null>> {
  return await withBrokers(kafka, async (brokers) => {
    const all = await Promise.all(topics.map(async (topic) => {
      const partitions = await fetchTopicOffsets(brokers, topic);
      return partitions.map(({ partition, end }) =>
        [keyOf({ topic, partition }), end] as const
      );
    }));
    return new Map(all.flat());
  }, { deadlineMs, what: `the ends of ${topics.join(", ")}` });
}
