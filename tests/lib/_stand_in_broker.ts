import { API_KEYS, type ApiName } from "lib/client/api_key.ts";
import { ByteReader } from "lib/log/byte_reader.ts";
import { random } from "lib/experiment/random.ts";
import { fetchFrom, type PartitionLog } from "./_transaction_history.ts";

/** A listener that answers as a broker which keeps some logs, for groups of one member. */
export interface StandInBroker extends AsyncDisposable {
  /** Where it listens. */
  address: string;
  /** How many fetches of partitions it has answered. */
  fetches: number;
}

/** The versions it speaks, all before those with tagged fields. */
const VERSIONS: Partial<Record<ApiName, number>> = {
  ...{ Produce: 3, Fetch: 11, ListOffsets: 3, Metadata: 6, OffsetCommit: 2 },
  ...{ OffsetFetch: 2, FindCoordinator: 1, JoinGroup: 1, Heartbeat: 0 },
  ...{ LeaveGroup: 0, SyncGroup: 0, ApiVersions: 1, InitProducerId: 0 },
  ...{ AddPartitionsToTxn: 0, AddOffsetsToTxn: 0, EndTxn: 0 },
  ...{ TxnOffsetCommit: 0, ListTransactions: 0 },
};
const READ_COMMITTED = 1;
const MEMBER = "member";

/**
 * Starts a stand-in for a broker: for what lib and KafkaJS make of the bytes of
 * fetches, thousands of histories in a moment. It is not a claim about Kafka;
 * the same histories are tried on a broker, too.
 *
 * @param logs The partitions of each topic.
 * @param options How many batches a fetch brings of a partition at most, and the seed by which it is chosen.
 */
export function startStandInBroker(
  logs: Record<string, PartitionLog[]>,
  { mostBatches = 50, seed = 1, fetchVersion = 11 } = {},
): StandInBroker {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const answers = new Answers(logs, { port, mostBatches, seed, fetchVersion });
  const connections = new Set<Deno.Conn>();
  const serving = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      serve(connection, answers).catch(answers.failed)
        .finally(() => connections.delete(connection));
    }
  })();
  return {
    address: `127.0.0.1:${port}`,
    get fetches() {
      return answers.fetches;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of connections) {
        try {
          connection.close();
        } catch {
          // The other side was quicker.
        }
      }
      await serving;
      if (answers.failure) throw answers.failure;
    },
  };
}

async function serve(connection: Deno.Conn, answers: Answers): Promise<void> {
  let bytes = new Uint8Array();
  for await (const chunk of connection.readable) {
    const all = new Uint8Array(bytes.length + chunk.length);
    all.set(bytes);
    all.set(chunk, bytes.length);
    bytes = all;
    while (bytes.length >= 4) {
      const size = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0);
      if (bytes.length < 4 + size) break;
      const answer = answers.to(bytes.subarray(4, 4 + size));
      bytes = bytes.subarray(4 + size);
      for (let at = 0; at < answer.length;) {
        at += await connection.write(answer.subarray(at));
      }
    }
  }
}

class Answers {
  fetches = 0;
  /** What went wrong in the stand-in itself; a client that closes its connection is none of it. */
  failure: Error | undefined;
  readonly failed = (error: Error) => {
    if (!(error instanceof Deno.errors.ConnectionReset)) this.failure ??= error;
  };
  readonly #logs: Record<string, PartitionLog[]>;
  readonly #options: {
    port: number;
    mostBatches: number;
    fetchVersion: number;
  };
  readonly #random: ReturnType<typeof random>;
  readonly #committed = new Map<string, bigint>();
  #producers = 1_000_000n;

  constructor(
    logs: Record<string, PartitionLog[]>,
    { seed, ...options }: {
      port: number;
      mostBatches: number;
      seed: number;
      fetchVersion: number;
    },
  ) {
    this.#logs = logs;
    this.#options = options;
    this.#random = random(seed);
  }

  to(request: Uint8Array): Uint8Array {
    const reader = new ByteReader(request, { what: "a request" });
    const apiKey = reader.int16();
    const version = reader.int16();
    const answer = new Answer(reader.int32());
    reader.nullableString(); // client
    switch (apiKey) {
      case API_KEYS.ApiVersions:
        this.#apiVersions(answer, version);
        break;
      case API_KEYS.Metadata:
        this.#metadata(reader, answer);
        break;
      case API_KEYS.FindCoordinator:
        answer.int32(0).int16(0).string(null);
        answer.int32(1).string("127.0.0.1").int32(this.#options.port);
        break;
      case API_KEYS.JoinGroup:
        this.#joinGroup(reader, answer);
        break;
      case API_KEYS.SyncGroup:
        this.#syncGroup(reader, answer);
        break;
      case API_KEYS.Heartbeat:
      case API_KEYS.LeaveGroup:
        answer.int16(0);
        break;
      case API_KEYS.OffsetFetch:
        this.#offsetFetch(reader, answer);
        break;
      case API_KEYS.OffsetCommit:
        reader.string(); // group
        reader.int32(); // generation
        reader.string(); // member
        reader.int64(); // retention
        this.#commit(reader, answer);
        break;
      case API_KEYS.TxnOffsetCommit:
        reader.string(); // transactional id
        reader.string(); // group
        reader.int64(); // producer
        reader.int16(); // epoch
        answer.int32(0);
        this.#commit(reader, answer);
        break;
      case API_KEYS.InitProducerId:
        answer.int32(0).int16(0).int64(this.#producers++).int16(0);
        break;
      case API_KEYS.AddOffsetsToTxn:
      case API_KEYS.EndTxn:
        answer.int32(0).int16(0);
        break;
      case API_KEYS.ListOffsets:
        this.#listOffsets(reader, answer);
        break;
      case API_KEYS.ListTransactions:
        // No tagged fields, no throttling, no error, nothing unknown, no transactions.
        answer.int8(0).int32(0).int16(0).int8(1).int8(1).int8(0);
        break;
      case API_KEYS.Fetch:
        this.#fetch(reader, answer, version);
        break;
      default:
        throw new Error(`The stand-in has no answer to api ${apiKey}`);
    }
    return answer.bytes();
  }

  #apiVersions(answer: Answer, version: number): void {
    const known = Object.entries(VERSIONS).map(([name, most]) =>
      [
        API_KEYS[name as ApiName],
        name === "Fetch" ? this.#options.fetchVersion : most,
      ] as const
    );
    answer.int16(version > 1 ? 35 : 0);
    answer.array(known, ([apiKey, most]) => {
      answer.int16(apiKey).int16(0).int16(most);
    });
    if (version > 0) answer.int32(0);
  }

  #metadata(reader: ByteReader, answer: Answer): void {
    const asked = reader.array(() => reader.string());
    const names = asked.length > 0 ? asked : Object.keys(this.#logs);
    answer.int32(0);
    answer.array([1], (id) => {
      answer.int32(id).string("127.0.0.1").int32(this.#options.port)
        .string(null);
    });
    answer.string("stand-in").int32(1);
    answer.array(names, (name) => {
      const logs = this.#logs[name];
      answer.int16(logs ? 0 : 3).string(name).int8(0);
      answer.array([...(logs ?? []).keys()], (partition) => {
        answer.int16(0).int32(partition).int32(1);
        answer.array([1], (id) => answer.int32(id));
        answer.array([1], (id) => answer.int32(id)).array([], () => {});
      });
    });
  }

  #joinGroup(reader: ByteReader, answer: Answer): void {
    reader.string(); // group
    reader.int32(); // session
    reader.int32(); // rebalance
    reader.string(); // member
    reader.string(); // type
    const [protocol] = reader.array(() => ({
      name: reader.string(),
      metadata: reader.nullableBytes()!,
    }));
    answer.int16(0).int32(1).string(protocol!.name).string(MEMBER)
      .string(MEMBER);
    answer.array([protocol!.metadata], (metadata) => {
      answer.string(MEMBER).sized(metadata);
    });
  }

  #syncGroup(reader: ByteReader, answer: Answer): void {
    reader.string(); // group
    reader.int32(); // generation
    reader.string(); // member
    const [assignment] = reader.array(() => {
      reader.string();
      return reader.nullableBytes()!;
    });
    answer.int16(0).sized(assignment!);
  }

  #offsetFetch(reader: ByteReader, answer: Answer): void {
    reader.string(); // group
    const topics = reader.array(() => ({
      topic: reader.string(),
      partitions: reader.array(() => reader.int32()),
    }));
    answer.array(topics, ({ topic, partitions }) => {
      answer.string(topic).array(partitions, (partition) => {
        const offset = this.#committed.get(`${topic} ${partition}`) ?? -1n;
        answer.int32(partition).int64(offset).string("").int16(0);
      });
    }).int16(0);
  }

  #commit(reader: ByteReader, answer: Answer): void {
    const topics = reader.array(() => ({
      topic: reader.string(),
      partitions: reader.array(() => {
        const partition = reader.int32();
        const offset = reader.int64();
        reader.nullableString();
        return { partition, offset };
      }),
    }));
    answer.array(topics, ({ topic, partitions }) => {
      answer.string(topic).array(partitions, ({ partition, offset }) => {
        this.#committed.set(`${topic} ${partition}`, offset);
        answer.int32(partition).int16(0);
      });
    });
  }

  #listOffsets(reader: ByteReader, answer: Answer): void {
    reader.int32(); // replica
    const isCommitted = reader.int8() === READ_COMMITTED;
    const topics = reader.array(() => ({
      topic: reader.string(),
      partitions: reader.array(() => ({
        partition: reader.int32(),
        timestamp: reader.int64(),
      })),
    }));
    answer.int32(0).array(topics, ({ topic, partitions }) => {
      answer.string(topic).array(partitions, ({ partition, timestamp }) => {
        const { end, lastStableOffset } = this.#logs[topic]![partition]!;
        const latest = isCommitted ? lastStableOffset : end;
        answer.int32(partition).int16(0).int64(-1n)
          .int64(timestamp === -2n ? 0n : latest);
      });
    });
  }

  #fetch(reader: ByteReader, answer: Answer, version: number): void {
    reader.int32(); // replica
    reader.int32(); // longest wait
    reader.int32(); // least bytes
    reader.int32(); // most bytes
    const isCommitted = reader.int8() === READ_COMMITTED;
    if (version >= 7) {
      reader.int32(); // session
      reader.int32(); // epoch
    }
    const topics = reader.array(() => ({
      topic: reader.string(),
      partitions: reader.array(() => {
        const partition = reader.int32();
        if (version >= 9) reader.int32(); // leader's epoch
        const offset = reader.int64();
        if (version >= 5) reader.int64(); // first offset
        reader.int32(); // most bytes
        return { partition, offset };
      }),
    }));
    answer.int32(0);
    if (version >= 7) answer.int16(0).int32(0);
    answer.array(topics, ({ topic, partitions }) => {
      answer.string(topic).array(partitions, ({ partition, offset }) => {
        const log = this.#logs[topic]![partition]!;
        this.#fetched(answer, log, { partition, offset, isCommitted, version });
      });
    });
  }

  #fetched(
    answer: Answer,
    log: PartitionLog,
    { partition, offset, isCommitted, version }: {
      partition: number;
      offset: bigint;
      isCommitted: boolean;
      version: number;
    },
  ): void {
    this.fetches++;
    const { below } = this.#random;
    const { records, aborts } = fetchFrom(log, {
      offset,
      // Small ones, which cut transactions anywhere, and such as a broker brings.
      count: 1 + below(below(4) === 0 ? 4 : this.#options.mostBatches),
      before: isCommitted ? log.lastStableOffset : log.end,
      cut: below(3) === 0 ? below(100) : 0,
    });
    answer.int32(partition).int16(0);
    answer.int64(log.end).int64(log.lastStableOffset);
    if (version >= 5) answer.int64(0n);
    // For uncommitted records, null.
    if (isCommitted) {
      answer.array(aborts, ({ producerId, firstOffset }) => {
        answer.int64(producerId).int64(firstOffset);
      });
    } else answer.int32(-1);
    if (version >= 11) answer.int32(-1);
    answer.sized(records);
  }
}

/** The bytes of an answer in the making. */
class Answer {
  #bytes = new Uint8Array(1_024);
  #view = new DataView(this.#bytes.buffer);
  #end = 4;

  constructor(correlationId: number) {
    this.int32(correlationId);
  }

  bytes(): Uint8Array {
    this.#view.setInt32(0, this.#end - 4);
    return this.#bytes.subarray(0, this.#end);
  }

  int8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setInt8(at, value);
    return this;
  }

  int16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setInt16(at, value);
    return this;
  }

  int32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value);
    return this;
  }

  int64(value: bigint): this {
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, value);
    return this;
  }

  string(text: string | null): this {
    if (text === null) return this.int16(-1);
    const bytes = new TextEncoder().encode(text);
    return this.int16(bytes.length).#raw(bytes);
  }

  sized(bytes: Uint8Array): this {
    return this.int32(bytes.length).#raw(bytes);
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length);
    items.forEach((item) => write(item));
    return this;
  }

  #raw(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  #reserve(size: number): number {
    const at = this.#end;
    this.#end += size;
    if (this.#end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#end, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
