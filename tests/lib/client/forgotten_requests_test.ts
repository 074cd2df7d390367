import { EventEmitter } from "node:events";
import { assert, assertEquals } from "@std/assert";
import { type ISocketFactory, Kafka, type KafkaConfig } from "kafkajs";
import { type InnerConnection, makeCluster } from "lib/client/inner_cluster.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";

/** Sockets that connect and then carry nothing. */
const socketFactory: ISocketFactory = ({ onConnect }) => {
  setTimeout(onConnect);
  const silent = () => {};
  const socket = new EventEmitter();
  return Object.assign(socket, {
    ...{ write: silent, end: silent, unref: silent },
  }) as unknown as ReturnType<ISocketFactory>;
};

const CONFIG: KafkaConfig = {
  brokers: ["broker:9092"],
  socketFactory,
  requestTimeout: 200,
  logLevel: 0,
};

type Queue = InnerConnection["requestQueue"] & {
  push(request: object): void;
};

/** What becomes of a request that is made while its connection breaks. */
async function lateRequestOf(kafka: Kafka): Promise<unknown> {
  const { brokerPool } = makeCluster(kafka);
  const { pool } = await brokerPool.connectionPoolBuilder.build();
  const [connection] = pool;
  assert(connection);
  await connection.connect();
  connection.socket!.emit("end");
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  (connection.requestQueue as Queue).push({
    entry: { correlationId: 1, resolve, reject },
    expectResponse: true,
    sendRequest: () => {},
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, 1_000, "forgotten");
  });
  const answer = promise.catch((error: Error) => error.name);
  return await Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

Deno.test("rejectForgottenRequests() ends a request that was made while its connection broke, in kafkaClient() alone", async () => {
  assertEquals(
    await lateRequestOf(kafkaClient(CONFIG)),
    "KafkaJSConnectionError",
  );
  // KafkaJS as published, in the same process and afterwards.
  assertEquals(await lateRequestOf(new Kafka(CONFIG)), "forgotten");
});
