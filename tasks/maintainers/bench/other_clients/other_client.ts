/** A topic, where it is, and the group that reads it. */
export interface OtherClientTask {
  /** A broker's address: "localhost:9092". */
  address: string;
  topic: string;
  groupId: string;
}

/** A producer that is connected. Each record has the same value, no key, and is acknowledged by all replicas. */
export interface OtherProducer {
  /** Sends some records, and waits until they are acknowledged. */
  send(records: number): Promise<void>;
  close(): Promise<void>;
}

/** A consumer that has begun. */
export interface OtherConsumer {
  close(): Promise<void>;
}

/** One of JavaScript's other clients, in the shape that it recommends for many records. */
export interface OtherClient {
  /** How many records go into a send, and how many sends are under way. */
  sends: { records: number; underWay: number };
  producer(
    task: OtherClientTask,
    value: Uint8Array,
  ): Promise<OtherProducer>;
  /** Reads from the topic's beginning, and says how many records came each time. */
  consumer(
    task: OtherClientTask,
    onRecords: (count: number) => void,
  ): Promise<OtherConsumer>;
}
