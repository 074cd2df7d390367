import { FencedError } from "../client/fenced_error.ts";
import type { ConsumedRecord } from "./consumed_record.ts";
import { FailingRecord } from "./failing_record.ts";
import { failureKind, PartitionFailure } from "./partition_failure.ts";
import type { ReadProcessWriteSettings } from "./read_process_write_options.ts";
import { collectPart, WorkError } from "./transaction_part.ts";
import { TransactionSize } from "./transaction_size.ts";
import {
  TransactionError,
  type TransactionWriter,
} from "./transaction_writer.ts";

/** What an {@linkcode InputPartition} works with. */
export interface InputPartitionOptions {
  /** The topic's name. */
  topic: string;
  /** The partition's number. */
  partition: number;
  /** How to work. */
  settings: ReadProcessWriteSettings;
  /** The transactional id of its writers. */
  transactionalId: string;
  /** Makes a writer. */
  makeWriter: () => TransactionWriter;
  /** Asks what the group has committed in the partition. */
  askCommitted: () => Promise<bigint>;
  /** Says in one line what happened. */
  say: (line: string) => void;
}

/** So often within this time another producer may fence this one while the group says that the partition is its own. */
const MOST_FENCINGS = 5;
const FENCINGS_WITHIN_MS = 60_000;
/** How long a heartbeat's answer may be under way. */
const HEARTBEAT_ANSWER_MS = 250;

/**
 * A partition of the input that this member of the group has, with the writer
 * of its output while it is taken over.
 */
export class InputPartition {
  /** The topic's name. */
  readonly topic: string;
  /** The partition's number. */
  readonly partition: number;
  readonly #options: InputPartitionOptions;
  readonly #settings: ReadProcessWriteSettings;
  #writer: TransactionWriter | undefined;
  /** One that has not taken over yet. */
  #coming: TransactionWriter | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** Below this offset all is committed. */
  #next = -1n;
  /** The offset behind what KafkaJS was told to be read. */
  #position = -1n;
  readonly #size: TransactionSize;
  readonly #failing: FailingRecord;
  /** How many records were in the last transaction. */
  #count = 0;
  #failures = 0;
  #fencings: number[] = [];
  #retries = 0;
  /**
   * Whether another member may have the partition by now. Before it is taken
   * over again the group must have confirmed this member.
   */
  isInDoubt = false;

  /** @param options What it works with. */
  constructor(options: InputPartitionOptions) {
    const { topic, partition, settings } = options;
    this.topic = topic;
    this.partition = partition;
    this.#options = options;
    this.#settings = settings;
    this.#size = new TransactionSize(settings.recordsPerTransaction);
    this.#failing = new FailingRecord(
      settings.onFailed ? settings.retries : Infinity,
    );
  }

  /** Where to go on: below this offset all is committed. Negative if nothing is. */
  get next(): bigint {
    return this.#next;
  }

  /** How often its writers have tried again after `CONCURRENT_TRANSACTIONS`. */
  get retries(): number {
    return this.#retries + (this.#writer?.retries ?? 0);
  }

  /**
   * Takes the partition over, if that is not done yet: fences whoever had it,
   * and asks where to go on.
   *
   * @param first The first offset that a fetch brought.
   * @throws {PartitionFailure} If it did not succeed.
   */
  takeOver(first: bigint): Promise<void> {
    return this.#inTurn(async () => {
      // The topic was made again, or KafkaJS was told an older offset than is committed.
      if (this.#writer && first < this.#position) await this.#release();
      if (this.#writer) return;
      try {
        await this.#takeOver(first);
      } catch (error) {
        throw this.#passing(error, "it cannot be taken over");
      }
    });
  }

  /**
   * Works on records, and writes what they give in one transaction.
   *
   * @param records Records that are not committed yet, in order.
   * @returns How many of them are committed; 0 if fewer of them are to be tried, or one of them in another way, at once.
   * @throws {PartitionFailure} If it did not succeed. It has to be taken over again before the next try.
   */
  write(records: ConsumedRecord[]): Promise<number> {
    return this.#inTurn(async () => {
      const candidates = records.slice(0, this.#size.next);
      try {
        return await this.#write(candidates);
      } catch (error) {
        return await this.#failed(error, candidates);
      }
    });
  }

  /**
   * Notes where KafkaJS reads on.
   *
   * @param offset The last one that it was told to be done.
   */
  resolved(offset: bigint): void {
    this.#position = offset + 1n;
  }

  /** Gives the partition up when what is under way has ended: its writer is closed. */
  giveUp(): Promise<void> {
    return this.#inTurn(() => this.#release());
  }

  /** Closes the writer at once, under what it does. */
  async abandon(): Promise<void> {
    await Promise.all([this.#writer?.close(), this.#coming?.close()]);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #takeOver(first: bigint): Promise<void> {
    const { topic, partition, makeWriter, askCommitted } = this.#options;
    const writer = makeWriter();
    this.#coming = writer;
    try {
      await writer.takeOver();
      this.#next = await askCommitted();
      if (this.#next < 0n && !this.#settings.fromBeginning) {
        // Or a member that joins before the first commit would begin at a later end.
        const position = { topic, partition, offset: first };
        await writer.write({ output: [], position });
        this.#next = first;
      }
      this.#position = -1n;
      await this.#settings.onTakenOver?.(topic, partition, this.#next);
    } catch (error) {
      this.#retries += writer.retries;
      await writer.close().catch(() => {});
      throw error;
    } finally {
      this.#coming = undefined;
    }
    this.#writer = writer;
  }

  async #write(candidates: ConsumedRecord[]): Promise<number> {
    const { topic, partition } = this.#options;
    const { onPoint, bytesPerTransaction, compression } = this.#settings;
    await onPoint?.("received", candidates);
    const { records, output } = await collectPart(
      candidates,
      (record) => this.#workOn(record),
      bytesPerTransaction,
    );
    this.#count = records.length;
    const offset = records.at(-1)!.offset + 1n;
    await this.#writer!.write({
      output,
      position: { topic, partition, offset },
      compression,
      onPoint: (point) => onPoint?.(point, records),
    });
    this.#committed(offset);
    // Whatever it throws, what is committed is: it is not tried again.
    try {
      await onPoint?.("committed", records);
    } catch (error) {
      this.#say(`what is called after a commit has failed: ${error}`);
    }
    return records.length;
  }

  #workOn(record: ConsumedRecord) {
    const { process, onFailed } = this.#settings;
    const failing = this.#failing.at(record.offset);
    if (!failing?.isFinal) return process(record);
    return onFailed!(record, failing.error, failing.tries);
  }

  #committed(next: bigint): void {
    this.#next = next;
    this.#failures = 0;
    this.#size.committed();
    this.#failing.committed(next);
  }

  /** @returns 0 if it is to be tried again at once, in another way. */
  async #failed(error: unknown, candidates: ConsumedRecord[]): Promise<number> {
    const { topic, partition } = this.#options;
    const isTransaction = error instanceof TransactionError;
    try {
      if (!isTransaction || error.isAborted) {
        await this.#settings.onAborted?.(topic, partition);
      }
    } catch (hookError) {
      await this.#release();
      throw this.#passing(
        hookError,
        "what is called after an abort has failed",
      );
    }
    if (error instanceof WorkError) {
      return this.#workFailed(candidates[error.index]!, error);
    }
    await this.#release();
    if (!isTransaction) throw this.#passing(error, "a transaction has failed");
    switch (failureKind(error.cause)) {
      case "fenced":
        throw this.#fenced(error);
      case "too large":
      case "refused output":
        return this.#refused(candidates[0]!.offset, error);
      default:
        throw this.#passing(error.cause, "a transaction has failed");
    }
  }

  #workFailed(record: ConsumedRecord, { index, cause }: WorkError): number {
    const { offset } = record;
    if (this.#failing.at(offset)?.isFinal) {
      this.#failing.reopen(offset);
      throw this.#paused(offset, `onFailed has failed: ${cause}`, cause);
    }
    const { isFinal } = this.#failing.note(offset, cause);
    if (index > 0) {
      // Those before it go first, without it: their work was not at fault.
      this.#size.limitOnce(index);
      return 0;
    }
    if (isFinal) return 0;
    throw this.#paused(offset, `process has failed: ${cause}`, cause);
  }

  #refused(offset: bigint, { cause }: TransactionError): number {
    const count = this.#count;
    if (count > 1) {
      this.#size.refused(count);
      this.#say(
        `the output of ${count} records from offset ${offset} on is refused (${cause}); trying ${this.#size.next}`,
      );
      return 0;
    }
    this.#size.isolate();
    const isOfOnFailed = this.#failing.at(offset)?.isFinal;
    const isTooLarge = failureKind(cause) === "too large";
    const { isFinal } = this.#failing.note(offset, cause, isTooLarge);
    if (isFinal && !isOfOnFailed) return 0;
    this.#failing.reopen(offset);
    throw this.#paused(offset, `its output is refused: ${cause}`, cause);
  }

  #paused(offset: bigint, why: string, cause: unknown): PartitionFailure {
    const { tries } = this.#failing.at(offset)!;
    const pauseMs = this.#pauseMs(tries);
    return new PartitionFailure(
      `at offset ${offset}, try ${tries}: ${why}; next try in ${
        pauseMs / 1000
      } s`,
      { pauseMs, cause },
    );
  }

  #passing(error: unknown, what: string): PartitionFailure {
    const cause = error instanceof TransactionError ? error.cause : error;
    const kind = failureKind(cause);
    if (kind === "forbidden") {
      return new PartitionFailure(`${what}, for good: ${cause}`, {
        isFinal: true,
        cause,
      });
    }
    const isOurs = kind !== "membership" && kind !== "fenced";
    const pauseMs = this.#pauseMs(++this.#failures);
    if (!isOurs) return this.#doubted(`${what}: ${cause}`, pauseMs, cause);
    return new PartitionFailure(
      `${what}: ${cause}; going on from what is committed in ${
        pauseMs / 1000
      } s`,
      { pauseMs, cause },
    );
  }

  #fenced({ openMs, cause }: TransactionError): PartitionFailure {
    const { transactionalId } = this.#options;
    const { transactionTimeout } = this.#settings;
    const fenced = (advice: string) =>
      new FencedError(transactionalId, { cause, advice });
    const decides = "The group decides which member goes on";
    if (openMs >= transactionTimeout) {
      return this.#doubted(
        `a transaction was open for ${
          Math.round(openMs)
        } ms, longer than ${transactionTimeout} (transactionTimeout), and is aborted`,
        this.#pauseMs(1),
        fenced(decides),
      );
    }
    const now = performance.now();
    this.#fencings = this.#fencings
      .filter((at) => now - at < FENCINGS_WITHIN_MS);
    const count = this.#fencings.push(now);
    if (count <= MOST_FENCINGS) {
      return this.#doubted(
        `another producer has taken over '${transactionalId}', and the transaction is aborted`,
        this.#pauseMs(count),
        fenced(decides),
      );
    }
    return new PartitionFailure(
      `producers outside of the group use the transactional id '${transactionalId}': this run ends`,
      {
        isFinal: true,
        cause: fenced(
          "That goes on though the group says that the partition is this member's: give each group transactional ids of its own",
        ),
      },
    );
  }

  /** KafkaJS asks the group by a heartbeat, at most once in an interval: the pause is longer. */
  #doubted(what: string, pauseMs: number, cause: unknown): PartitionFailure {
    this.isInDoubt = true;
    return new PartitionFailure(
      `${what}; going on from what is committed if the group says that the partition is still this member's`,
      {
        pauseMs: Math.max(
          pauseMs,
          this.#settings.heartbeatInterval + HEARTBEAT_ANSWER_MS,
        ),
        cause,
      },
    );
  }

  #pauseMs(times: number): number {
    const { retryMs, maxRetryMs } = this.#settings;
    return Math.min(retryMs * 2 ** Math.min(times - 1, 30), maxRetryMs);
  }

  async #release(): Promise<void> {
    const writer = this.#writer;
    if (!writer) return;
    this.#writer = undefined;
    this.#retries += writer.retries;
    const { topic, partition } = this.#options;
    await writer.close().catch((error) =>
      this.#say(`its producer cannot be closed: ${error}`)
    );
    try {
      await this.#settings.onLost?.(topic, partition);
    } catch (error) {
      this.#say(`what is called at a loss has failed: ${error}`);
    }
  }

  #say(line: string): void {
    const { topic, partition, say } = this.#options;
    say(`${topic}/${partition}: ${line}`);
  }
}
