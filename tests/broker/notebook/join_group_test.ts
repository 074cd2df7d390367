import { assertEquals } from "@std/assert";
import { openNotebook } from "lib/notebook/notebook.ts";
import { joinGroup } from "lib/notebook/join_group.ts";
import { until } from "../../_patience.ts";

Deno.test("joinGroup() starts a member that reads from the beginning, and tells of its first join", async () => {
  const notebook = await openNotebook("77");
  const topic = await notebook.topic("orders", { partitions: 2 });
  const producer = await notebook.use(notebook.kafka.producer());
  await producer.send({ topic, messages: [{ value: "a", partition: 1 }] });
  const groupId = notebook.group("kitchen");
  const assigned: number[][] = [];
  const read: string[] = [];
  await joinGroup(notebook, topic, {
    ...{ groupId, maxWaitTimeInMs: 200 },
    watch: (consumer) =>
      consumer.on(
        "consumer.group_join",
        ({ payload }) => void assigned.push(payload.memberAssignment[topic]!),
      ),
    eachMessage: async ({ message }) => void read.push(`${message.value}`),
  });
  assertEquals(assigned, [[0, 1]]);
  await until(() => read.length > 0, { what: "a record" });
  assertEquals(read, ["a"]);
  await notebook.close();
});

Deno.test("joinGroup() handles nothing by default, and takes another client", async () => {
  const notebook = await openNotebook("78");
  const topic = await notebook.topic("orders", { partitions: 1 });
  const groupId = notebook.group("kitchen");
  await joinGroup(notebook, topic, {
    ...{ groupId, maxWaitTimeInMs: 200 },
    client: { ...notebook.kafkaConfig, clientId: "another" },
  });
  const admin = await notebook.use(notebook.kafka.admin());
  const { groups: [group] } = await admin.describeGroups([groupId]);
  assertEquals(group!.members.map(({ clientId }) => clientId), ["another"]);
  await notebook.close();
});
