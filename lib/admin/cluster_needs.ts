import type { Kafka } from "kafkajs";
import {
  type BrokerConnections,
  withBrokers,
} from "../client/broker_connections.ts";
import { within } from "../client/deadline.ts";
import { InterruptedError } from "../client/interrupt.ts";
import { type BrokerFeatures, fetchFeatures } from "./broker_features.ts";
import { type BrokerSetting, fetchBrokerSettings } from "./broker_settings.ts";
import { fetchMetadata } from "./metadata.ts";

/** What an experiment needs of a cluster. Whatever is left out is not needed. */
export interface ClusterNeeds {
  /** How many brokers there have to be at least: as many as a topic's replicas. */
  brokers?: number;
  /**
   * The shortest session that a consumer asks for, in milliseconds. Brokers
   * refuse those below `group.min.session.timeout.ms`, 6 s by default.
   */
  minSessionTimeoutMs?: number;
  /** The oldest version of Kafka that will do: `"4.0"`. */
  kafka?: string;
  /**
   * Settings of the brokers, by Kafka's names: the value itself, or a function
   * that returns true, or what the value has to be ("it must be at most 3600000").
   * It gets undefined where this version of Kafka has no such setting.
   */
  settings?: Record<
    string,
    string | ((value: string | undefined) => true | string)
  >;
  /** The level that each feature must have reached (KIP-584): `{ "transaction.version": 2 }`. */
  features?: Record<string, number>;
  /** Whether consumers form groups, for which `__consumer_offsets` must be possible. */
  groups?: boolean;
  /** Whether producers use transactions, for which `__transaction_state` must be possible. */
  transactions?: boolean;
  /** Whether share groups (KIP-932) are used, which Kafka 4.2 switches on by itself. */
  shareGroups?: boolean;
}

/**
 * Asks a cluster whether it has what an experiment needs. A cluster of
 * someone else's may be older, smaller or stricter than the experiment's
 * author had in mind, and then fails somewhere in the middle, with an error
 * that does not name the cause.
 *
 * What a broker does not say, such as a setting that this client may not see,
 * counts as given.
 *
 * @param kafka The cluster.
 * @param needs What is needed.
 * @returns A sentence for each thing that is missing, which says what to change; none if all is there.
 * @throws {DeadlineError} If no broker answers within 15 s.
 * @throws {InterruptedError} If `interrupt()` is called meanwhile, as the Stop button does.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 *
 * assertEquals(await missingNeeds(kafkaClient(), { brokers: 1, kafka: "3.3" }), []);
 *
 * const missing = await missingNeeds(kafkaClient(), {
 *   settings: { "min.insync.replicas": "17" },
 * });
 * assertEquals(missing.length, 1);
 * ```
 */
export async function missingNeeds(
  kafka: Kafka,
  needs: ClusterNeeds,
): Promise<string[]> {
  const view = await withBrokers(
    kafka,
    (brokers) => lookAtCluster(brokers, needs),
    { what: "the cluster's answer to what it can do" },
  );
  return CHECKS.flatMap((check) => check(needs, view));
}

/** A broker as it describes itself. */
interface BrokerView {
  id: number;
  features: BrokerFeatures;
  /** Undefined if this client may not see them. */
  settings: Record<string, BrokerSetting> | undefined;
}

interface ClusterView {
  /** How many brokers are up. */
  count: number;
  /** Those that answered, at least one. */
  brokers: BrokerView[];
  /** Which of Kafka's own topics exist. */
  topics: string[];
}

type Check = (needs: ClusterNeeds, view: ClusterView) => string[];

/** A broker that is listed but silent is left out after this time. */
const SILENCE_MS = 2_000;

const MIN_SESSION = "group.min.session.timeout.ms";

/** Kafka makes each of its own topics at first use, and cannot if there are fewer brokers than replicas. */
const OWN_TOPICS = [
  {
    need: "groups",
    what: "Groups",
    topic: "__consumer_offsets",
    setting: "offsets.topic.replication.factor",
  },
  {
    need: "transactions",
    what: "Transactions",
    topic: "__transaction_state",
    setting: "transaction.state.log.replication.factor",
  },
  {
    need: "shareGroups",
    what: "Share groups",
    topic: "__share_group_state",
    setting: "share.coordinator.state.topic.replication.factor",
  },
] as const;

async function lookAtCluster(
  connections: BrokerConnections,
  needs: ClusterNeeds,
): Promise<ClusterView> {
  const ownTopics = OWN_TOPICS.filter(({ need }) => needs[need]);
  const names = [
    ...Object.keys(needs.settings ?? {}),
    ...(needs.minSessionTimeoutMs === undefined ? [] : [MIN_SESSION]),
    ...ownTopics.map(({ setting }) => setting),
  ];
  const first = await connections.any();
  const { brokers: listed, topics } = await fetchMetadata(
    first,
    ownTopics.map(({ topic }) => topic),
  );
  const look = async (address: typeof listed[number]): Promise<BrokerView> => {
    const broker = await connections.at(address);
    return {
      id: address.id,
      features: await fetchFeatures(broker),
      settings: names.length === 0
        ? {}
        : await fetchBrokerSettings(broker, address.id, names),
    };
  };
  const views = await Promise.all(
    listed.map((address) =>
      within(look(address), { deadlineMs: SILENCE_MS, what: "a broker" })
        .catch((error) => {
          if (error instanceof InterruptedError) throw error;
          return undefined;
        })
    ),
  );
  const brokers = views.filter((view) => view !== undefined);
  return {
    count: listed.length,
    // Reachable here, though not by the address that it advertises.
    brokers: brokers.length > 0
      ? brokers
      : [{ id: -1, features: await fetchFeatures(first), settings: undefined }],
    topics: topics.filter(({ error }) => error === null)
      .map(({ name }) => name),
  };
}

const CHECKS: Check[] = [
  checkBrokers,
  checkVersion,
  checkFeatures,
  checkShareGroups,
  checkSession,
  checkSettings,
  checkOwnTopics,
];

function checkBrokers({ brokers = 1 }: ClusterNeeds, { count }: ClusterView) {
  if (count >= brokers) return [];
  return [
    `${brokers} brokers are needed, and the cluster has ${count}: start more, as each replica of a partition needs a broker of its own`,
  ];
}

/** The highest metadata.version of each release, from the first with KRaft on; it names the release. */
const RELEASES: [level: number, version: string][] = [
  [7, "3.3"],
  [8, "3.4"],
  [11, "3.5"],
  [14, "3.6"],
  [19, "3.7"],
  [20, "3.8"],
  [21, "3.9"],
  [25, "4.0"],
  [27, "4.1"],
  [29, "4.2"],
  [30, "4.3"],
];

/** The release of a broker; undefined if it does not say, or is newer than this table. */
function releaseOf({ features }: BrokerView): string | undefined {
  const level = features.supported["metadata.version"];
  if (level === undefined) return undefined;
  return RELEASES.find(([highest]) => level <= highest)?.[1];
}

function checkVersion({ kafka }: ClusterNeeds, { brokers }: ClusterView) {
  if (kafka === undefined) return [];
  return sameOnBrokers(brokers, (broker) => {
    const release = releaseOf(broker);
    return release !== undefined && isOlder(release, kafka)
      ? (who) =>
        `Kafka ${kafka} or later is needed, and ${who} Kafka ${release}: upgrade, or use another cluster`
      : undefined;
  });
}

function isOlder(release: string, needed: string): boolean {
  const [a, b] = [release, needed].map((version) =>
    version.split(".").map(Number)
  );
  return a![0]! < b![0]! || (a![0] === b![0] && a![1]! < (b![1] ?? 0));
}

function checkFeatures({ features = {} }: ClusterNeeds, view: ClusterView) {
  return Object.entries(features).flatMap(([name, level]) =>
    missingFeature(name, level, view)
  );
}

function checkShareGroups({ shareGroups }: ClusterNeeds, view: ClusterView) {
  return shareGroups ? missingFeature("share.version", 1, view) : [];
}

function missingFeature(
  name: string,
  level: number,
  { brokers }: ClusterView,
): string[] {
  const [{ features }] = brokers as [BrokerView];
  if ((features.finalized[name] ?? 0) >= level) return [];
  const lacking = brokers.find(({ features }) =>
    (features.supported[name] ?? 0) < level
  );
  const here = `the cluster has it at ${features.finalized[name] ?? 0}`;
  if (!lacking) {
    return [
      `The feature ${name} is needed at level ${level}, and ${here}: 'kafka-features upgrade --feature ${name}=${level}' raises it`,
    ];
  }
  const release = releaseOf(lacking);
  return [
    `The feature ${name} is needed at level ${level}, and ${here}, as its brokers${
      release ? ` of Kafka ${release}` : ""
    } know no higher one: upgrade, or use another cluster`,
  ];
}

function checkSession(
  { minSessionTimeoutMs }: ClusterNeeds,
  { brokers }: ClusterView,
) {
  if (minSessionTimeoutMs === undefined) return [];
  return sameOnBrokers(brokers, ({ settings }) => {
    const setting = settings?.[MIN_SESSION];
    if (!setting?.value || Number(setting.value) <= minSessionTimeoutMs) {
      return undefined;
    }
    return (who) =>
      `Consumers ask for a session of ${minSessionTimeoutMs} ms here, and ${who} ${MIN_SESSION}=${setting.value}: ${
        change(MIN_SESSION, minSessionTimeoutMs, setting)
      }`;
  });
}

function checkSettings(
  { settings: needed = {} }: ClusterNeeds,
  { brokers }: ClusterView,
) {
  return Object.entries(needed).flatMap(([name, wanted]) =>
    sameOnBrokers(brokers, ({ settings, ...broker }) => {
      // It does not tell: neither this client nor any other, as a password.
      if (!settings || settings[name]?.value === null) return undefined;
      const setting = settings[name];
      const value = setting?.value ?? undefined;
      const verdict = typeof wanted === "function"
        ? wanted(value)
        : value === wanted || `it must be ${wanted}`;
      if (verdict === true) return undefined;
      if (!setting) {
        const release = releaseOf({ settings, ...broker });
        return (who) =>
          `The setting ${name} is needed (${verdict}), and ${who} no such setting${
            release ? ` in Kafka ${release}` : ""
          }: upgrade, or use another cluster`;
      }
      return (who) =>
        `The setting ${name} does not fit (${verdict}), and ${who} ${name}=${value}: ${
          change(name, typeof wanted === "string" ? wanted : "…", setting)
        }`;
    })
  );
}

function checkOwnTopics(
  needs: ClusterNeeds,
  { brokers, count, topics }: ClusterView,
) {
  return OWN_TOPICS
    .filter(({ need, topic }) => needs[need] && !topics.includes(topic))
    .flatMap(({ what, topic, setting }) =>
      sameOnBrokers(brokers, ({ settings }) => {
        const found = settings?.[setting];
        if (!found?.value || Number(found.value) <= count) return undefined;
        return (who) =>
          `${what} need the topic ${topic}, which Kafka would make with ${found.value} replicas on ${count} ${
            count === 1 ? "broker" : "brokers"
          }, as ${who} ${setting}=${found.value}: ${
            change(setting, count, found)
          }`;
      })
    );
}

function change(
  name: string,
  value: string | number,
  { needsRestart }: BrokerSetting,
): string {
  return needsRestart
    ? `set ${name}=${value} in the brokers' configuration and restart them`
    : `'kafka-configs --alter --entity-type brokers --entity-default --add-config ${name}=${value}' changes it`;
}

/** A sentence about brokers, once for all that it is true of. */
function sameOnBrokers(
  brokers: BrokerView[],
  check: (broker: BrokerView) => ((who: string) => string) | undefined,
): string[] {
  const WHO = "\0";
  const ids = new Map<string, number[]>();
  for (const broker of brokers) {
    const sentence = check(broker)?.(WHO);
    if (sentence === undefined) continue;
    ids.set(sentence, [...(ids.get(sentence) ?? []), broker.id]);
  }
  return [...ids].map(([sentence, those]) =>
    sentence.replace(
      WHO,
      brokers.length === 1
        ? "the broker has"
        : those.length === brokers.length
        ? "all brokers have"
        : those.length === 1
        ? `broker ${those[0]} has`
        : `brokers ${those.join(", ")} have`,
    )
  );
}
