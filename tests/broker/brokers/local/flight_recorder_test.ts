import { assert, assertEquals, assertRejects } from "@std/assert";
import { createTopic, freshName } from "lib/admin/topic.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { recordFlight } from "lib/brokers/local/flight_recorder.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { archiveBroker } from "lib/experiment/archive_broker.ts";
import { extraBroker } from "lib/faults/extra_broker.ts";

Deno.test("recordFlight() notes what a broker's Java code writes to sockets: all of it over TLS, next to nothing in plaintext", async () => {
  const archive = await archiveBroker();
  await archive.connect();
  try {
    const processId = await archive.processId();
    const written: number[] = [];
    for (const connection of [archive.plaintext, archive.tls]) {
      const events = await recordFlight(
        processId,
        ["jdk.SocketWrite"],
        async () => {
          const records = await readTopic(
            kafkaClient(connection),
            archive.topic,
          );
          assertEquals(records.length, 10_000);
        },
      );
      assert(events.every(({ type }) => type === "jdk.SocketWrite"));
      const bytes = events.map(({ values }) => Number(values.bytesWritten));
      written.push(bytes.reduce((sum, each) => sum + each, 0));
    }
    const [plaintext, tls] = written;
    assert(plaintext! < 1e6 && tls! > 10e6, `wrote ${written}`);
  } finally {
    await archive.disconnect();
  }
});

Deno.test("recordFlight() throws what the work throws, and can record again", async () => {
  const broker = extraBroker({ engine: "local" });
  await broker.connect();
  try {
    const processId = (await broker.processId())!;
    const events = ["jdk.SocketWrite"];
    await assertRejects(
      () => recordFlight(processId, events, () => Promise.reject("no oven")),
    );
    const kafka = kafkaClient({ brokers: [broker.address], ssl: false });
    const topic = freshName("again");
    const noted = await recordFlight(
      processId,
      events,
      () => createTopic(kafka, topic, { partitions: 1 }),
    );
    assert(noted.length > 0);
  } finally {
    await broker.disconnect();
  }
});

Deno.test("recordFlight() of a process that is no JVM says which command failed", async () => {
  await assertRejects(
    () => recordFlight(Deno.pid, ["jdk.SocketWrite"], () => Promise.resolve()),
    EngineError,
    `Cannot record what process ${Deno.pid} does: 'jcmd ${Deno.pid} JFR.start`,
  );
});
