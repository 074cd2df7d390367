import type { Kafka } from "kafkajs";
import type { History } from "lib/experiment/history.ts";
import { createTopic, freshName } from "lib/admin/topic.ts";
import { changeTopicSettings } from "lib/admin/topic_settings.ts";
import { LogTail } from "./log_tail.ts";
import { RecordCheck } from "./record_check.ts";
import type { RecordName } from "./record_name.ts";
import type { Report } from "./violation.ts";

const REPLICAS = 3;

/** A topic that is produced to, and what follows it. */
export class SoakTopic {
  /** Its number in the plan, from 1. */
  readonly number: number;
  readonly name: string;
  readonly records: RecordCheck;
  readonly tail: LogTail;
  readonly #kafka: Kafka;
  #isUnwritable = false;
  #changedMs = performance.now();

  /**
   * It is not there yet.
   *
   * @param kafka The cluster.
   * @param options Its number, who hears of violations, and who of the records in its log.
   */
  constructor(
    kafka: Kafka,
    { number, report, onRead, history }: {
      number: number;
      report: Report;
      history: History;
      onRead?: (record: RecordName) => void;
    },
  ) {
    this.#kafka = kafka;
    this.number = number;
    this.name = freshName(`soak-${number}`);
    this.records = new RecordCheck(report, { topic: number, history });
    this.tail = new LogTail(kafka, this.name, {
      read: (record, place) => {
        this.records.read(record, place);
        onRead?.(record);
      },
      passed: (partition, position) => this.records.passed(partition, position),
    });
  }

  async create(partitions: number): Promise<void> {
    await createTopic(this.#kafka, this.name, {
      ...{ partitions, replicationFactor: REPLICAS },
    });
  }

  /** Whether it needs all its replicas, one of which is about to be away. */
  get isUnwritable(): boolean {
    return this.#isUnwritable;
  }

  /** When that changed last. */
  get changedMs(): number {
    return this.#changedMs;
  }

  /** Has it need all its replicas, so that it cannot be written while one is away. */
  async needAllReplicas(): Promise<void> {
    await this.#change(true, REPLICAS);
  }

  /** Has it need as many as the cluster's other topics. */
  async needSomeReplicas(): Promise<void> {
    await this.#change(false, null);
  }

  async #change(isUnwritable: boolean, replicas: number | null): Promise<void> {
    await changeTopicSettings(this.#kafka, this.name, {
      "min.insync.replicas": replicas,
    });
    this.#isUnwritable = isUnwritable;
    this.#changedMs = performance.now();
  }
}
