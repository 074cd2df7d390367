import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  type KafkaConfig,
  logLevel,
  ResourcePatternTypes,
} from "kafkajs";
import { createAcls } from "../../admin/acls.ts";
import { deleteRecords } from "../../admin/delete_records.ts";
import { resetOffsets } from "../../admin/group_offsets.ts";
import {
  createTopic,
  type CreateTopicOptions,
  freshName,
} from "../../admin/topic.ts";
import {
  type CertificateAuthority,
  certificateAuthority,
} from "../../brokers/certificates.ts";
import { setQuota } from "../../brokers/quotas.ts";
import { pause } from "../../client/interrupt.ts";
import { kafkaClient } from "../../client/kafka_client.ts";
import { until } from "../../client/until.ts";
import { readTopic } from "../../consumer/read_topic.ts";
import { type ExtraBroker, extraBroker } from "../../faults/extra_broker.ts";
import { socketFaults } from "../../faults/socket_faults.ts";
import { wiretap } from "../../faults/wiretap.ts";
import { Alert } from "../../metrics/alert_rule.ts";
import { alertRules } from "../../metrics/alert_rules.ts";
import { GroupMetrics } from "../../metrics/group_metrics.ts";
import { readSamples, valuesOf } from "../../metrics/samples.ts";
import { SafeProducer } from "../../producer/safe_producer.ts";
import { consumeOne } from "../consume_one.ts";
import { History } from "../history.ts";
import { sendOne } from "../send_one.ts";
import { countedConsumer } from "../tuning/counted_consumer.ts";
import { mostAtOnce } from "../tuning/most_at_once.ts";
import type { ExamPlace } from "./exam_place.ts";
import { situationIn } from "./situation_in.ts";

/** Where the situations of part 6 take place: a notebook. */
export interface Part6Place extends ExamPlace {
  /**
   * Connects a client or starts a broker, and ends it later.
   *
   * @param client The client, or the broker.
   * @returns The same.
   */
  use<T extends { connect(): Promise<void>; disconnect(): Promise<void> }>(
    client: T,
  ): Promise<T>;
}

/** The questions of part 6. */
export type Part6Question =
  | "idle"
  | "atOnce"
  | "password"
  | "rights"
  | "quota"
  | "lag"
  | "silent"
  | "safe"
  | "refused"
  | "moved";

/**
 * The ten situations of the exam of part 6, running it: what a consumer costs,
 * whom a broker lets in, what an exporter sees, and what becomes of records
 * under a fault. Each makes its own topics and groups, and takes some seconds.
 * Four of them share a second broker, with logins and rights, which the first
 * of these starts and the place ends.
 *
 * @param place Where to make them: a notebook.
 * @returns The situations by question, as `exam()` takes them.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connectionFromEnvironment } from "../../client/connection.ts";
 * import { kafkaClient } from "../../client/kafka_client.ts";
 * import { createTopic, deleteTopic, freshName } from "../../admin/topic.ts";
 *
 * const { brokers, ssl } = connectionFromEnvironment();
 * const topic = freshName("exam");
 * const { safe } = part6({
 *   kafkaConfig: { brokers, ssl },
 *   group: freshName,
 *   use: () => Promise.reject(new Error("this one needs no second broker")),
 *   async topic(_base, options) {
 *     await createTopic(kafkaClient(), topic, options);
 *     return topic;
 *   },
 * });
 * assertEquals(await safe.run(), "ABC");
 * await deleteTopic(kafkaClient(), topic);
 * ```
 */
export function part6(
  place: Part6Place,
): Record<
  Part6Question,
  { run: () => Promise<number | string>; taught: string }
> {
  const situation = situationIn<Room>(() => new Room(place));
  return {
    idle: situation(idle, "notebook 27, round 4"),
    atOnce: situation(atOnce, "notebook 27, round 6"),
    password: situation(password, "notebook 28, rounds 1 and 2"),
    rights: situation(rights, "notebook 28, round 4"),
    quota: situation(quota, "notebook 28, round 6"),
    lag: situation(lag, "notebook 29, round 3"),
    silent: situation(silent, "notebook 29, round 4"),
    safe: situation(safe, "notebook 30, round 1"),
    refused: situation(refused, "notebook 30, round 2 and exercise 3"),
    moved: situation(moved, "notebook 30, round 4"),
  };
}

const ALICE = { username: "alice", password: "alice-secret" };
const BY_PLAIN = { mechanism: "plain" as const, ...ALICE };
const LOGIN = { plain: { [ALICE.username]: ALICE.password } };

/** A broker beside the place's own: two doors with a login, and one for anybody, who may do everything. */
interface SecondBroker {
  broker: ExtraBroker;
  /** Whose certificate is shown at SAFE; at OPEN there is no TLS. */
  kitchen: CertificateAuthority;
}

/** One for each place, as it takes seconds to start. */
const secondBrokers = new WeakMap<Part6Place, Promise<SecondBroker>>();

async function makeSecondBroker(): Promise<SecondBroker> {
  const kitchen = await certificateAuthority("Kitchen");
  const tls = await kitchen.issue("broker");
  const broker = extraBroker({
    security: { OPEN: { login: LOGIN }, SAFE: { tls, login: LOGIN } },
    environment: {
      KAFKA_AUTHORIZER_CLASS_NAME:
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      KAFKA_SUPER_USERS: "User:ANONYMOUS",
      KAFKA_QUOTA_WINDOW_NUM: "2",
    },
  });
  return { broker, kitchen };
}

/** What connects, and is disconnected at the end. */
interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** Makes topics, and disconnects at the end what it has connected. */
class Room implements AsyncDisposable {
  readonly #place: Part6Place;
  readonly #used: Connectable[] = [];

  constructor(place: Part6Place) {
    this.#place = place;
  }

  /** For KafkaJS as published, without its log. */
  get kafkaConfig(): KafkaConfig {
    return { ...this.#place.kafkaConfig, logLevel: logLevel.NOTHING };
  }

  /** A new one each time: one that has met a topic fails when that is deleted. */
  get kafka(): Kafka {
    return new Kafka(this.kafkaConfig);
  }

  topic(
    base = "exam",
    options: CreateTopicOptions = { partitions: 1 },
  ): Promise<string> {
    return this.#place.topic(base, options);
  }

  group(base = "exam"): string {
    return this.#place.group(base);
  }

  async use<T extends Connectable>(it: T): Promise<T> {
    this.#used.push(it);
    await it.connect();
    return it;
  }

  /** The second broker, which is started if it does not run. */
  async secondBroker(): Promise<SecondBroker> {
    const place = this.#place;
    const making = secondBrokers.get(place) ?? makeSecondBroker();
    secondBrokers.set(place, making);
    const second = await making;
    await place.use(second.broker);
    return second;
  }

  /** Sends as many records as there are values, to the partitions in turn. */
  async fill(
    topic: string,
    values: string[],
    { partitions = 1, kafka = this.kafka } = {},
  ): Promise<void> {
    const producer = await this.use(kafka.producer());
    const messages = values.map((value, n) => ({
      ...{ value, partition: n % partitions },
    }));
    await producer.send({ topic, messages });
  }

  /** The last first: a client before the wire that it uses. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const it of this.#used.toReversed()) {
      await it.disconnect().catch(() => {});
    }
  }
}

/** The values "0", "1" and so on. */
const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => `${n}`);

/** How many fetches a consumer that has read everything makes in two seconds. */
async function idle(room: Room): Promise<number> {
  const topic = await room.topic();
  await room.fill(topic, numbered(100));
  const config = { groupId: room.group() };
  const reader = await countedConsumer(room, { topic, config });
  const { Fetch: before = 0 } = await reader.received(100);
  await pause(2_000);
  return reader.requests().Fetch! - before;
}

async function atOnce(room: Room): Promise<number> {
  return await mostAtOnce(room, { partitions: 3, workMs: 50 });
}

/** A client of a broker that has just been started, and is still making its own topics. */
function clientAt(broker: string, config: Partial<KafkaConfig> = {}): Kafka {
  const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 20 };
  const options = { retry, logLevel: logLevel.NOTHING };
  return new Kafka({ brokers: [broker], ...options, ...config });
}

/** By how many of three clients the password comes to a stranger on the way. */
async function password(room: Room): Promise<number> {
  const { broker: { addresses }, kitchen } = await room.secondBroker();
  const stranger = await certificateAuthority("A stranger");
  const certificate = await stranger.issue("broker");
  const isSeen = async (
    door: "OPEN" | "SAFE",
    ssl: KafkaConfig["ssl"] = false,
  ) => {
    const authority = kitchen.certificate;
    const between = door === "SAFE" ? { certificate, authority } : {};
    const wire = await room.use(wiretap(addresses[door]!, between));
    const { socketFactory } = wire;
    const config = { ssl, sasl: BY_PLAIN, socketFactory };
    const retry = { retries: 0 };
    const admin = clientAt(addresses[door]!, { ...config, retry }).admin();
    await admin.connect().catch(() => {});
    await admin.disconnect();
    return wire.hasSeen(ALICE.password);
  };
  const seen = [
    await isSeen("OPEN"),
    await isSeen("SAFE", { ca: [kitchen.certificate] }),
    await isSeen("SAFE", { rejectUnauthorized: false }),
  ];
  return seen.filter(Boolean).length;
}

/** How many of four things she may do who has WRITE on a topic, and nothing else. */
async function rights(room: Room): Promise<number> {
  const topic = freshName("orders");
  const { broker } = await room.secondBroker();
  const kafka = clientAt(broker.address);
  await createTopic(kafka, topic, { partitions: 1 });
  await createAcls(kafka, [{
    ...{ principal: `User:${ALICE.username}`, host: "*" },
    ...{ resourceType: AclResourceTypes.TOPIC, resourceName: topic },
    resourcePatternType: ResourcePatternTypes.LITERAL,
    operation: AclOperationTypes.WRITE,
    permissionType: AclPermissionTypes.ALLOW,
  }]);
  const hers = clientAt(broker.addresses.OPEN!, { sasl: BY_PLAIN });
  const admin = await room.use(hers.admin());
  const attempts = [
    () => admin.fetchTopicMetadata({ topics: [topic] }),
    () => sendOne(hers, topic),
    () => sendOne(hers, topic, { idempotent: true }),
    () => readTopic(hers, topic),
  ];
  let allowed = 0;
  for (const attempt of attempts) {
    if (await attempt().then(() => true, () => false)) allowed++;
  }
  return allowed;
}

/** How many of three sends fail, each of which is more than the user may send in a second. */
async function quota(room: Room): Promise<number> {
  const { broker } = await room.secondBroker();
  await setQuota(broker, "ANONYMOUS", { producerBytesPerSecond: 20_000 });
  const topic = freshName("bills");
  const kafka = clientAt(broker.address);
  await createTopic(kafka, topic, { partitions: 1 });
  const producer = await room.use(kafka.producer({ retry: { retries: 0 } }));
  let heldBackMs = 0;
  producer.on(producer.events.REQUEST, ({ payload }) => {
    heldBackMs = Math.max(heldBackMs, payload.pendingDuration);
  });
  const messages = [{ value: "x".repeat(40_000) }];
  let failed = 0;
  for (let n = 0; n < 3; n++) {
    await producer.send({ topic, messages }).catch(() => failed++);
  }
  // Else nothing would fail, whatever a quota does.
  if (heldBackMs < 300) throw new Error("the quota was not felt");
  return failed;
}

/** A topic of three partitions with ten records each, and a commit of 4 in one of them. */
async function lag(room: Room): Promise<number> {
  const partitions = 3;
  const [topic, groupId] = [
    await room.topic("exam", { partitions }),
    room.group(),
  ];
  await room.fill(topic, numbered(30), { partitions });
  await commit(room.kafka, { topic, groupId }, 4n);
  const metrics = await room.use(
    new GroupMetrics(room.kafkaConfig, { groups: { [groupId]: [topic] } }),
  );
  const read = async (metric: string) =>
    valuesOf(
      readSamples(await metrics.page()),
      `kafka_consumergroup_${metric}`,
    );
  await until(async () => (await read("uncommitted_partitions"))[0] === 2, {
    what: "a look at all three partitions",
    deadlineMs: 20_000,
  });
  return (await read("lag")).reduce((sum, each) => sum + each, 0);
}

/** Commits an offset in partition 0, for a group without members. */
async function commit(
  kafka: Kafka,
  group: { topic: string; groupId: string },
  offset: bigint,
): Promise<void> {
  const to = [{ partition: 0, offset }];
  await resetOffsets(kafka, group, to, { deadlineMs: 30_000 });
}

/** Whether an alert fires about a group that has a member, when nobody can say so. */
async function silent(room: Room): Promise<string> {
  const [topic, groupId] = [await room.topic(), room.group()];
  await room.fill(topic, numbered(10));
  await commit(room.kafka, { topic, groupId }, 0n);
  // The short wait only makes it quicker to stop.
  const config = { groupId, maxWaitTimeInMs: 200 };
  const consumer = await room.use(room.kafka.consumer(config));
  await consumer.subscribe({ topic });
  // Nothing is committed any more, so the lag stays.
  await consumer.run({ autoCommit: false, eachMessage: async () => {} });

  const wire = socketFaults();
  const { socketFactory } = wire;
  const metrics = await room.use(
    new GroupMetrics({ ...room.kafkaConfig, socketFactory }, {
      groups: { [groupId]: [topic] },
    }),
  );
  const read = async () => readSamples(await metrics.page());
  await until(async () => {
    const samples = await read();
    return valuesOf(samples, "kafka_consumergroup_members")[0] === 1 &&
      valuesOf(samples, "kafka_consumergroup_lag")[0] === 10;
  }, { what: "a member, and the lag", deadlineMs: 20_000 });
  const all = Infinity;
  wire.dropRequest({ apiKey: ["DescribeGroups", "OffsetFetch"], times: all });
  const alert = new Alert(alertRules.ConsumersGone);
  for (let look = 0; look < 40 && !alert.isFiring; look++) {
    await pause(500);
    alert.see(await read(), Date.now());
  }
  return alert.isFiring ? "yes" : "no";
}

/** The log, after the answer to the first of three records got lost. */
async function safe(room: Room): Promise<string> {
  const topic = await room.topic();
  const wire = socketFaults();
  const { socketFactory } = wire;
  const producer = await room.use(
    new SafeProducer(
      kafkaClient({
        ...room.kafkaConfig,
        socketFactory,
        requestTimeout: 1_000,
      }),
    ),
  );
  const lost = wire.dropResponse({ apiKey: "Produce" });
  const first = producer.add({ topic, value: "A" });
  await until(() => lost.hits === 1, { what: "a lost answer" });
  const others = ["B", "C"].map((value) => producer.add({ topic, value }));
  await Promise.all([first, ...others]);
  return (await readTopic(room.kafka, topic)).map(({ value }) => value).join(
    "",
  );
}

/** How many records are acknowledged and cannot be read, after two faults of the network. */
async function refused(room: Room): Promise<number> {
  const topic = await room.topic();
  const wire = socketFaults();
  const { socketFactory } = wire;
  const producer = await room.use(
    new Kafka({ ...room.kafkaConfig, socketFactory, requestTimeout: 1_000 })
      .producer({ retry: { retries: 0 } }),
  );
  const history = new History();
  const send = async (record: string) => {
    history.note("the shop", "sends", { record });
    await producer.send({ topic, messages: [{ value: record }] }).then(
      () => history.note("the leader", "acknowledges", { record }),
      () => history.note("the leader", "refuses", { record }),
    );
  };
  wire.dropRequest({ apiKey: "Produce" });
  await send("A");
  wire.dropResponse({ apiKey: "Produce" });
  await send("B");
  await send("C");
  for (const { value } of await readTopic(room.kafka, topic)) {
    history.note("a reader", "finds", { record: value! });
  }
  const did = (what: string) =>
    history.operations.filter((each) => each.what === what)
      .map(({ record }) => record);
  return did("acknowledges")
    .filter((record) => !did("finds").includes(record)).length;
}

/** Which invoice a group gets first that goes on in a copy, at the offset that it had. */
async function moved(room: Room): Promise<number> {
  const [topic, groupId] = [await room.topic(), room.group()];
  await room.fill(topic, numbered(10));
  await deleteRecords(room.kafka, topic, [{ partition: 0, offset: 2n }]);
  const here = await readTopic(room.kafka, topic);

  const { broker } = await room.secondBroker();
  const kafka = clientAt(broker.address);
  await createTopic(kafka, topic, { partitions: 1 });
  await room.fill(topic, here.map(({ value }) => value!), { kafka });
  await commit(kafka, { topic, groupId }, 5n);
  let first = "";
  await consumeOne(kafka, topic, { groupId }, (value) => {
    first = value;
  });
  return Number(first);
}
