import { logLevel } from "kafkajs";
import { pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { freshName } from "lib/admin/topic.ts";
import { until } from "lib/client/until.ts";
import { commitInBackground } from "lib/consumer/commit_in_background.ts";
import { startConsumer } from "./start_consumer.ts";
import type { Measurement } from "./measurement.ts";
import { secondsOf } from "./seconds_of.ts";
import { throughputBroker, withBenchTopic } from "./throughput_broker.ts";

/** How long the broker is away, besides its start: KafkaJS's pauses have grown by then. */
const AWAY_MS = 3_000;
const IDLE_MS = 500;
const DEADLINE_MS = 60_000;

/** How long a consumer that waits for records takes to end. */
export const stop: Measurement = {
  name: "stop",
  summary: "a consumer's stop while no record comes",
  prepare: async (run) => void await throughputBroker(run),
  round: async (run) => {
    const broker = await throughputBroker(run);
    await withBenchTopic(broker, async (topic) => {
      const kafka = kafkaClient({ brokers: [broker.address] });
      const consumer = inBackground(kafka);
      await startConsumer(consumer, topic, { eachMessage: async () => {} });
      let seconds = 0;
      try {
        await pause(IDLE_MS, run.signal);
      } finally {
        seconds = await secondsOf(() => consumer.disconnect());
      }
      run.quantities.add({
        what: "a consumer's stop, no record coming",
        unit: "s",
        goal: { atMost: 0.5 },
      }, seconds);
    });
  },
};

/** How long after its broker is back a consumer consumes again. */
export const recovery: Measurement = {
  name: "recovery",
  summary: "consuming again after the broker was killed",
  prepare: async (run) => void await throughputBroker(run),
  round: async (run) => {
    const broker = await throughputBroker(run);
    const { engine, address } = broker;
    const kafka = kafkaClient({
      brokers: [address],
      logLevel: logLevel.NOTHING,
    });
    await withBenchTopic(broker, async (topic) => {
      const received: string[] = [];
      const consumer = inBackground(kafka);
      const send = async (value: string) => {
        const producer = kafka.producer();
        await producer.connect();
        await producer.send({ topic, messages: [{ value }] });
        await producer.disconnect();
      };
      const came = (value: string) =>
        until(() => received.includes(value), {
          what: `the record '${value}'`,
          deadlineMs: DEADLINE_MS,
          intervalMs: 5,
        });
      try {
        await startConsumer(consumer, topic, {
          eachMessage: async ({ message }) =>
            void received.push(String(message.value)),
        });
        await send("before");
        await came("before");
        const [running] = (await engine.status()).filter(({ pid }) => pid);
        await engine.kill(running!.service);
        await pause(AWAY_MS, run.signal);
        await engine.start(running!.service);
        const again = await secondsOf(() =>
          Promise.all([send("after"), came("after")])
        );
        run.quantities.add({
          what: "consuming again after a killed broker is back",
          unit: "s",
          goal: { atMost: 5 },
        }, again);
      } finally {
        await consumer.disconnect();
      }
    });
  },
};

function inBackground(kafka: ReturnType<typeof kafkaClient>) {
  const consumer = kafka.consumer({ groupId: freshName("bench") });
  return commitInBackground(consumer);
}
