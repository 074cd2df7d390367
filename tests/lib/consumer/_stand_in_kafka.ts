import { Buffer } from "node:buffer";
import type { Kafka, Message, TopicMessages } from "kafkajs";

/** What a stand-in's log holds: a record, and what became of its transaction. */
export interface StoredRecord {
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, unknown>;
  timestamp: string;
  partition: number;
  state: "open" | "committed" | "aborted";
}

/** A call that can be made to fail. `commit lost`: the commit is made, and its answer is an error. */
export type Call =
  | "connect"
  | "transaction"
  | "sendOffsets"
  | "sendBatch"
  | "commit"
  | "commit lost"
  | "abort"
  | "fetchOffsets"
  | "heartbeat"
  | "disconnect producer"
  | "disconnect consumer"
  | "disconnect admin";

/** An error as KafkaJS makes it of a broker's answer. */
export function answer(type: string, retriable = false): Error {
  return Object.assign(new Error(`the broker says ${type}`), {
    name: "KafkaJSProtocolError",
    type,
    retriable,
  });
}

interface Transactional {
  epoch: number;
  records: StoredRecord[];
  offsets: Map<string, bigint>;
}

type Payload = Record<string, unknown>;
type Listener = (event: { payload: Payload }) => unknown;

/**
 * A cluster with what transactions and groups need, in memory, and clients of
 * it with the part of KafkaJS's interface that `ReadProcessWrite` uses. Any
 * call can be made to fail.
 */
export class StandInCluster {
  /** Everything that happened, in order. */
  readonly story: string[] = [];
  /** The lines that were logged. */
  readonly lines: string[] = [];
  /** What the groups have committed, by "group topic/partition". */
  readonly committed = new Map<string, bigint>();
  /** How many records a fetch brings of a partition. */
  fetchRecords = 1_000;
  /** From how many bytes of value for a partition in one request on it is refused. */
  maxBytes = Infinity;
  /** What it is refused with. */
  tooLarge: "MESSAGE_TOO_LARGE" | "RECORD_LIST_TOO_LARGE" = "MESSAGE_TOO_LARGE";
  /** Partitions, "topic/partition", that no member of a group gets. */
  readonly withheld = new Set<string>();
  readonly #logs = new Map<string, StoredRecord[][]>();
  readonly #transactional = new Map<string, Transactional>();
  readonly #faults = new Map<Call, (Error | undefined)[]>();
  readonly #groups = new Map<string, StandInConsumer[]>();

  /** Makes a topic. */
  topic(name: string, partitions = 1): void {
    this.#logs.set(name, Array.from({ length: partitions }, () => []));
  }

  /** Puts records into a partition. */
  put(topic: string, messages: Partial<StoredRecord>[], partition = 0): void {
    const log = this.log(topic, partition);
    for (const message of messages) {
      log.push({
        ...{ key: null, value: null, headers: {}, timestamp: "7" },
        ...message,
        partition,
        state: "committed",
      });
    }
  }

  /** Puts one record for each character. */
  letters(topic: string, text: string, partition = 0): void {
    const values = [...text].map((value) => ({ value: Buffer.from(value) }));
    this.put(topic, values, partition);
  }

  /** A partition's log. */
  log(topic: string, partition = 0): StoredRecord[] {
    const log = this.#logs.get(topic)?.[partition];
    if (!log) throw answer("UNKNOWN_TOPIC_OR_PARTITION", true);
    return log;
  }

  /** What a reader finds in a topic, as a text. */
  read(topic: string, isolation: "committed" | "all" = "committed"): string {
    return this.#logs.get(topic)!.flat()
      .filter(({ state }) => isolation === "all" || state === "committed")
      .map(({ value }) => String(value)).join("");
  }

  partitionsOf(topic: string): number {
    return this.#logs.get(topic)?.length ?? 0;
  }

  /** Lets the next calls fail, one for each error; undefined lets one succeed. */
  fail(call: Call, ...errors: (Error | undefined)[]): void {
    this.#faults.set(call, [...(this.#faults.get(call) ?? []), ...errors]);
  }

  /** Throws if the call is to fail. */
  meet(call: Call): void {
    const error = this.#faults.get(call)?.shift();
    if (!error) return;
    this.story.push(`${call} fails`);
    throw error;
  }

  /** Whether no fault is left that did not strike. */
  get allFailed(): boolean {
    return [...this.#faults.values()].every((errors) => errors.length === 0);
  }

  /** What `InitProducerId` does: the producer before is fenced, and what it left open aborted. */
  takeOver(transactionalId: string): number {
    const known = this.#transactional.get(transactionalId);
    if (known) this.#end(known, "aborted");
    const epoch = (known?.epoch ?? -1) + 1;
    this.#transactional.set(transactionalId, {
      epoch,
      records: [],
      offsets: new Map(),
    });
    return epoch;
  }

  /** What the coordinator does after the transaction's timeout. */
  timeOut(transactionalId: string): void {
    this.takeOver(transactionalId);
  }

  /** The state of a producer's transaction, if it is not fenced. */
  of(transactionalId: string, epoch: number): Transactional {
    const known = this.#transactional.get(transactionalId);
    if (known?.epoch !== epoch) throw answer("INVALID_PRODUCER_EPOCH");
    return known;
  }

  end(transactional: Transactional, state: "committed" | "aborted"): void {
    this.#end(transactional, state);
  }

  #end(transactional: Transactional, state: "committed" | "aborted"): void {
    for (const record of transactional.records) record.state = state;
    if (state === "committed") {
      for (const [key, offset] of transactional.offsets) {
        this.committed.set(key, offset);
      }
    }
    transactional.records = [];
    transactional.offsets = new Map();
  }

  /** Members of a group, in the order they joined. */
  members(groupId: string): StandInConsumer[] {
    const members = this.#groups.get(groupId) ?? [];
    this.#groups.set(groupId, members);
    return members;
  }

  /** A client of the cluster. */
  client(name = "client"): Kafka {
    const kafka = {
      [Symbol("private:Kafka:createCluster")]: () => ({
        brokerPool: { brokers: {} },
        refreshMetadata: () => Promise.resolve(),
      }),
      logger: () => ({
        warn: (line: string) => this.lines.push(line),
      }),
      consumer: ({ groupId }: { groupId: string }) =>
        new StandInConsumer(this, name, groupId),
      producer: (config: { transactionalId: string }) => {
        const symbol = Object.getOwnPropertySymbols(kafka)[0]!;
        (kafka as unknown as Record<symbol, () => void>)[symbol]!();
        return this.#producer(config.transactionalId);
      },
      admin: () => ({
        connect: () => Promise.resolve(),
        disconnect: async () => {
          this.story.push("admin disconnected");
          this.meet("disconnect admin");
        },
        fetchOffsets: async (
          { groupId, topics: [topic] }: { groupId: string; topics: string[] },
        ) => {
          this.meet("fetchOffsets");
          const partitions = Array.from(
            { length: this.partitionsOf(topic!) },
            (_, partition) => {
              const key = `${groupId} ${topic}/${partition}`;
              return {
                partition,
                offset: String(this.committed.get(key) ?? -1n),
              };
            },
          );
          return [{ topic, partitions }];
        },
      }),
    };
    return kafka as unknown as Kafka;
  }

  #producer(transactionalId: string) {
    let epoch = -1;
    let isOpen = false;
    let state: "ready" | "in transaction" | "broken" = "ready";
    const need = (call: Call) => {
      if (!isOpen) throw new Error(`The producer is disconnected (${call})`);
      if (state === "broken") throw new Error(`The producer is broken`);
      this.meet(call);
    };
    const transactional = () => this.of(transactionalId, epoch);
    const ending = async (call: "commit" | "abort") => {
      if (!isOpen) throw new Error(`The producer is disconnected (${call})`);
      state = "broken"; // as KafkaJS's stays, if this fails
      this.meet(call);
      const known = transactional();
      this.end(known, call === "commit" ? "committed" : "aborted");
      this.story.push(call);
      if (call === "commit") this.meet("commit lost");
      state = "ready";
    };
    return {
      events: { REQUEST_TIMEOUT: "timeout" },
      on() {},
      connect: async () => {
        this.meet("connect");
        isOpen = true;
      },
      disconnect: async () => {
        isOpen = false;
        this.story.push("producer disconnected");
        this.meet("disconnect producer");
      },
      transaction: async () => {
        need("transaction");
        if (state !== "ready") throw new Error("already in a transaction");
        if (epoch < 0) epoch = this.takeOver(transactionalId);
        state = "in transaction";
        let isOngoing = false;
        return {
          isActive: () => state === "in transaction",
          sendOffsets: async (
            { consumerGroupId, topics }: {
              consumerGroupId: string;
              topics: {
                topic: string;
                partitions: { partition: number; offset: string }[];
              }[];
            },
          ) => {
            need("sendOffsets");
            isOngoing = true;
            for (const { topic, partitions } of topics) {
              for (const { partition, offset } of partitions) {
                const key = `${consumerGroupId} ${topic}/${partition}`;
                transactional().offsets.set(key, BigInt(offset));
              }
            }
          },
          sendBatch: async (
            { topicMessages }: { topicMessages: TopicMessages[] },
          ) => {
            need("sendBatch");
            isOngoing = true;
            this.#append(transactional(), topicMessages);
          },
          commit: () => ending("commit"),
          abort: async () => {
            if (isOngoing) return await ending("abort");
            state = "ready";
          },
        };
      },
    };
  }

  #append(transactional: Transactional, topicMessages: TopicMessages[]): void {
    for (const { topic, messages } of topicMessages) {
      const bytes = messages.reduce(
        (sum, { value }) => sum + (value === null ? 0 : value.length),
        0,
      );
      const isTooLarge = bytes > this.maxBytes;
      this.story.push(
        `${messages.length} to ${topic}${isTooLarge ? " refused" : ""}`,
      );
      if (isTooLarge) throw answer(this.tooLarge);
      for (const message of messages) {
        const record = toStored(message);
        this.log(topic, record.partition).push(record);
        transactional.records.push(record);
      }
    }
  }
}

function toStored(
  { key = null, value, headers = {}, timestamp = "now", partition = 0 }:
    Message,
): StoredRecord {
  return {
    key: key === null ? null : Buffer.from(key as Buffer),
    value: value === null ? null : Buffer.from(value as Buffer),
    headers,
    timestamp,
    partition,
    state: "open",
  };
}

type Handler = (payload: unknown) => Promise<void>;

/** A consumer that fetches partition by partition, and heeds what its handler tells it, as KafkaJS's does. */
class StandInConsumer {
  readonly events = {
    GROUP_JOIN: "join",
    REBALANCING: "rebalancing",
    CRASH: "crash",
    REQUEST_TIMEOUT: "timeout",
    HEARTBEAT: "heartbeat",
  };
  readonly #cluster: StandInCluster;
  readonly #name: string;
  readonly #groupId: string;
  readonly #listeners = new Map<string, Listener[]>();
  readonly #paused = new Set<string>();
  #topics: string[] = [];
  #fromBeginning = false;
  #handler: Handler | undefined;
  #isRunning = false;
  #loop: Promise<void> = Promise.resolve();
  #positions = new Map<string, bigint>();
  /** What the group has decided that it does not know yet. */
  isStale = true;

  constructor(cluster: StandInCluster, name: string, groupId: string) {
    this.#cluster = cluster;
    this.#name = name;
    this.#groupId = groupId;
  }

  on(event: string, listener: Listener) {
    const all = this.#listeners.get(event) ?? [];
    this.#listeners.set(event, [...all, listener]);
  }

  emit(event: string, payload: Payload): void {
    for (const one of this.#listeners.get(event) ?? []) one({ payload });
  }

  async connect() {}

  async subscribe(
    { topics, fromBeginning = false }: {
      topics: string[];
      fromBeginning?: boolean;
    },
  ) {
    this.#topics = topics;
    this.#fromBeginning = fromBeginning;
  }

  async run({ eachBatch }: { eachBatch: Handler }) {
    this.#handler = eachBatch;
    this.#isRunning = true;
    this.#members.push(this);
    this.#rebalance();
    this.#join();
    this.#loop = this.#consume();
  }

  /** Ends as KafkaJS does at an error that it does not repeat. */
  crash(error: Error): void {
    this.#isRunning = false;
    this.emit("crash", { error, restart: false, groupId: this.#groupId });
  }

  async stop() {
    this.#isRunning = false;
    await this.#loop;
    const members = this.#members;
    if (members.includes(this)) members.splice(members.indexOf(this), 1);
    this.#rebalance();
  }

  async disconnect() {
    await this.stop();
    this.#cluster.story.push("consumer disconnected");
    this.#cluster.meet("disconnect consumer");
  }

  pause(paused: { topic: string; partitions: number[] }[]) {
    for (const key of keysOf(paused)) this.#paused.add(key);
  }

  resume(paused: { topic: string; partitions: number[] }[]) {
    for (const key of keysOf(paused)) this.#paused.delete(key);
  }

  get #members(): StandInConsumer[] {
    return this.#cluster.members(this.#groupId);
  }

  #rebalance(): void {
    for (const member of this.#members) member.isStale = true;
  }

  #join(): void {
    this.isStale = false;
    const mine = this.#members.indexOf(this);
    const memberAssignment: Record<string, number[]> = {};
    this.#positions = new Map();
    for (const topic of this.#topics) {
      for (let one = 0; one < this.#cluster.partitionsOf(topic); one++) {
        if (one % this.#members.length !== mine) continue;
        if (this.#cluster.withheld.has(`${topic}/${one}`)) continue;
        (memberAssignment[topic] ??= []).push(one);
        const known = this.#cluster.committed
          .get(`${this.#groupId} ${topic}/${one}`);
        const end = BigInt(this.#cluster.log(topic, one).length);
        const first = this.#fromBeginning ? 0n : end;
        this.#positions.set(`${topic}/${one}`, known ?? first);
      }
    }
    this.#cluster.story.push(`${this.#name} joins`);
    this.emit("join", { memberAssignment });
  }

  async #consume(): Promise<void> {
    while (this.#isRunning) {
      for (const key of [...this.#positions.keys(), undefined]) {
        if (!this.#isRunning) return;
        try {
          if (key && !this.#paused.has(key)) await this.#deliver(key);
          await this.#heartbeat();
        } catch (error) {
          const { type } = error as { type?: string };
          if (type === "REBALANCE_IN_PROGRESS") {
            this.emit("rebalancing", {});
            this.#join();
            break;
          }
          this.#cluster.story.push(`handler threw ${error}`);
        }
      }
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  async #heartbeat(): Promise<void> {
    this.#cluster.meet("heartbeat");
    if (this.isStale) throw answer("REBALANCE_IN_PROGRESS");
  }

  async #deliver(key: string): Promise<void> {
    const [topic, partition] = [
      key.slice(0, key.lastIndexOf("/")),
      Number(key.slice(key.lastIndexOf("/") + 1)),
    ];
    const position = this.#positions.get(key)!;
    const log = this.#cluster.log(topic, partition);
    const messages = log
      .map((record, i) => ({ ...record, offset: BigInt(i) }))
      .filter(({ offset, state }) => offset >= position && state !== "open")
      .slice(0, this.#cluster.fetchRecords)
      .filter(({ state }) => state === "committed")
      .map(({ offset, state: _, partition: __, ...message }) => ({
        ...message,
        offset: String(offset),
        attributes: 0,
      }));
    if (messages.length === 0) return;
    const positions = this.#positions;
    await this.#handler!({
      batch: {
        topic,
        partition,
        messages,
        lastOffset: () => messages.at(-1)!.offset,
      },
      resolveOffset: (offset: string) =>
        positions.set(key, BigInt(offset) + 1n),
      heartbeat: () => this.#heartbeat(),
      isRunning: () => this.#isRunning,
      isStale: () => false,
    });
  }
}

function keysOf(of: { topic: string; partitions: number[] }[]): string[] {
  return of.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => `${topic}/${partition}`)
  );
}
