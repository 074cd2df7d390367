import { EngineUnavailableError } from "../brokers/engine_error.ts";
import { localEngine } from "../brokers/local/local_engine.ts";
import { freePorts } from "../brokers/ports.ts";
import { extraBroker } from "./extra_broker.ts";
import { type FaultRule, socketFaults } from "./socket_faults.ts";
import { tcpFaultProxy } from "./tcp_fault_proxy.ts";

/** A broker of one's own whose transaction markers can be held back. */
export interface MarkerBroker {
  /** Where clients reach it: "localhost:20815". */
  readonly address: string;
  /** Starts it; named so that `notebook.use()` takes it. */
  connect(): Promise<void>;
  /** From now on no partition gets a marker. The coordinator tries again and again. */
  holdMarkers(): void;
  /** Lets the next try through, and all after it. */
  releaseMarkers(): void;
  /** Ends it and deletes its data. */
  disconnect(): Promise<void>;
}

/**
 * Describes a broker that is a cluster by itself, and in which the time between
 * the decision about a transaction and its markers can be made as long as one
 * likes. Coordinators send markers to the leaders of the partitions over the
 * network (WriteTxnMarkers), even to themselves. Here that way leads through a
 * proxy, which can cut these requests off. It runs as a process of this
 * computer, since a container would not reach the proxy.
 *
 * @returns The broker, not yet started.
 * @throws {EngineUnavailableError} From `connect()`, where Kafka cannot run without containers; the message says what is missing.
 * @throws {EngineError} From `connect()`, if it cannot be started.
 * @throws {DeadlineError} From `connect()`, if one of its listeners does not answer.
 *
 * @example Usage
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kafkaClient } from "../client/kafka_client.ts";
 * import { createTopic } from "../admin/topic.ts";
 * import { readBatches } from "../consumer/read_batches.ts";
 *
 * const broker = markerBroker();
 * await broker.connect();
 * const kafka = kafkaClient({ brokers: [broker.address], ssl: false });
 * await createTopic(kafka, "orders", { partitions: 1 });
 *
 * const producer = kafka.producer({ transactionalId: "shop", maxInFlightRequests: 1 });
 * await producer.connect();
 * const transaction = await producer.transaction();
 * await transaction.send({ topic: "orders", messages: [{ value: "tea" }] });
 * broker.holdMarkers();
 * await transaction.commit();
 * assertEquals((await readBatches(kafka, "orders")).length, 1); // no marker yet
 *
 * await producer.disconnect();
 * await broker.disconnect();
 * ```
 */
export function markerBroker(): MarkerBroker {
  const [port = 0] = freePorts(1);
  const wire = socketFaults();
  const proxy = tcpFaultProxy(`localhost:${port}`, wire);
  const broker = extraBroker({
    listeners: `MARKERS://:${port}`,
    advertisedListeners: `MARKERS://${proxy.address}`,
    environment: { KAFKA_INTER_BROKER_LISTENER_NAME: "MARKERS" },
    engine: "local",
  });
  let rule: FaultRule | undefined;
  return {
    address: broker.address,
    async connect() {
      const missing = whatIsMissing();
      if (missing) throw new EngineUnavailableError(missing);
      await broker.connect();
    },
    holdMarkers() {
      rule ??= wire.cutConnection({
        apiKey: "WriteTxnMarkers",
        times: Infinity,
      });
    },
    releaseMarkers() {
      rule?.remove();
      rule = undefined;
    },
    async disconnect() {
      await broker.disconnect();
      await proxy.close();
    },
  };
}

/** The engine's own advice may be to use Docker, which does not help here. */
function whatIsMissing(): string | undefined {
  if (Deno.build.os === "windows") {
    return "Cannot hold back a broker's markers on Windows, where it would run in Docker: use Linux under Windows (WSL)";
  }
  const missing = localEngine().missing();
  return missing && `${missing} (in Docker its markers could not be held back)`;
}
