import { assertEquals, assertRejects } from "@std/assert";
import { ClientProcess } from "lib/experiment/clients/client_process.ts";
import { kafkaJsClient } from "lib/experiment/clients/kafkajs.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { openLab } from "../../../../tasks/maintainers/clients/open_lab.ts";

/** A topic with the values 0, 1 and 2, and who is to read it. */
async function threeRecords(lab: ReturnType<typeof openLab>) {
  const broker = lab.brokers[0]!;
  const topic = await lab.topic("process", { partitions: 1 });
  const sender = await kafkaJsClient.sender({ broker });
  for (const value of ["0", "1", "2"]) await sender.send({ topic, value });
  await sender.close();
  return { broker, topic, groupId: lab.group("process"), sessionMs: 6_000 };
}

Deno.test("ClientProcess dies in the work on a chosen record, which it has not finished", async () => {
  await using lab = openLab(kafkaClient());
  await using child = new ClientProcess(kafkaJsClient, {
    reading: await threeRecords(lab),
    long: { value: "1", ms: 10, blocks: true, thenDies: true },
  });
  assertEquals(await child.ended(), ["0"]);
  assertEquals(
    child.events.map((event) => "value" in event && [event.what, event.value]),
    [["started", "0"], ["finished", "0"], ["started", "1"]],
  );
  await assertRejects(
    () => child.event(({ what }) => what === "idled", { what: "an idle time" }),
    Error,
    "the client's process ended before",
  );
});

Deno.test("ClientProcess reports what idling costs, once it has had a record", async () => {
  await using lab = openLab(kafkaClient());
  await using child = new ClientProcess(kafkaJsClient, {
    reading: await threeRecords(lab),
    idleMs: 200,
  });
  const event = await child.event(({ what }) => what === "idled", {
    what: "an idle time",
  });
  assertEquals(event.what === "idled" && event.cpuMs >= 0, true);
});
