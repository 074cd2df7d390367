import { assert, assertEquals } from "@std/assert";
import { resetOffsets } from "lib/admin/group_offsets.ts";
import { connectionFromEnvironment } from "lib/client/connection.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { type SocketFaults, socketFaults } from "lib/faults/socket_faults.ts";
import { GroupMetrics } from "lib/metrics/group_metrics.ts";
import { readSamples, valuesOf } from "lib/metrics/samples.ts";
import { until } from "../../_patience.ts";
import {
  type TopicWithGroup,
  withTopicAndGroup,
} from "../_topic_with_group.ts";

const kafka = kafkaClient();

type Own = TopicWithGroup & {
  wire: SocketFaults;
  metrics: GroupMetrics;
  says: (metric: string) => Promise<number[]>;
};

async function measured(work: (own: Own) => Promise<void>): Promise<void> {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    const wire = socketFaults();
    const metrics = new GroupMetrics({ socketFactory: wire.socketFactory }, {
      groups: { [own.groupId]: [own.topic] },
      everyMs: 50,
      deadlineMs: 1_000,
    });
    await metrics.connect();
    const says = async (metric: string) =>
      valuesOf(
        readSamples(await metrics.page()),
        `kafka_consumergroup_${metric}`,
      );
    try {
      await work({ ...own, wire, metrics, says });
    } finally {
      await metrics.disconnect();
    }
  });
}

const values = (count: number) =>
  Array.from({ length: count }, () => ({ value: "v" }));

Deno.test("GroupMetrics reports no lag of a group that has committed nothing, and then its lag in records and seconds", async () => {
  await measured(async ({ topic, groupId, send, says }) => {
    await send(values(3));
    assertEquals(await says("lag"), []);
    assertEquals(await says("uncommitted_partitions"), [1]);
    assertEquals(await says("members"), [0]);

    await resetOffsets(kafka, { groupId, topic }, 1n);
    await until(async () => (await says("lag"))[0] === 2);
    assertEquals(await says("uncommitted_partitions"), [0]);
    await until(async () => (await says("lag_seconds"))[0]! > 0.1);
    assertEquals(await says("catch_up_seconds"), [Infinity]);

    await resetOffsets(kafka, { groupId, topic }, "latest");
    await until(async () => (await says("lag"))[0] === 0);
    assertEquals(await says("lag_seconds"), [0]);
    assertEquals(await says("catch_up_seconds"), [0]);
  });
});

Deno.test("GroupMetrics counts on from the last commit while the coordinator does not answer, and leaves out the members", async () => {
  await measured(async ({ topic, groupId, send, wire, says }) => {
    await resetOffsets(kafka, { groupId, topic }, "latest");
    await until(async () => (await says("lag"))[0] === 0);
    const apiKey = ["DescribeGroups", "OffsetFetch"] as const;
    wire.dropResponse({ apiKey: [...apiKey], times: Infinity });
    await send(values(5));
    await until(async () => (await says("members")).length === 0);
    await until(async () => (await says("lag"))[0] === 5);

    wire.clear();
    await until(async () => (await says("members"))[0] === 0);
    assertEquals(await says("lag"), [5]);
  });
});

Deno.test("GroupMetrics serves its page at once, whatever the brokers do, and says what kind of text it is", async () => {
  await measured(async ({ wire, metrics }) => {
    wire.dropResponse({ apiKey: "Metadata", times: Infinity });
    const began = performance.now();
    for (let n = 0; n < 20; n++) await metrics.page();
    // Each would take a second if it asked.
    assert(performance.now() - began < 15_000);
    assert(metrics.contentType.startsWith("text/plain"));
  });
});

/** A door to a broker behind which nobody answers once `isSilent` is set. */
function door(address: string) {
  const [hostname = "", port] = address.split(":");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  const state = {
    address: `127.0.0.1:${listener.addr.port}`,
    isSilent: false,
    [Symbol.dispose]() {
      listener.close();
      for (const each of open) {
        try {
          each.close();
        } catch {
          // Its other end has closed it.
        }
      }
    },
  };
  void (async () => {
    for await (const here of listener) {
      open.push(here);
      if (state.isSilent) continue;
      const there = await Deno.connect({ hostname, port: Number(port) });
      const copied = { preventCancel: true, preventAbort: true };
      here.readable.pipeTo(there.writable, copied).catch(() => {});
      there.readable.pipeTo(here.writable, copied).catch(() => {});
    }
  })();
  return state;
}

Deno.test("GroupMetrics counts lag on while the coordinator and the broker that it asks first are silent", async () => {
  await withTopicAndGroup(kafka, { partitions: 1 }, async (own) => {
    const { brokers } = connectionFromEnvironment();
    using first = door(brokers[0]!);
    const wire = socketFaults();
    const metrics = new GroupMetrics({
      brokers: [first.address, ...brokers],
      socketFactory: wire.socketFactory,
    }, { groups: { [own.groupId]: [own.topic] } });
    const lag = async () =>
      valuesOf(
        readSamples(await metrics.page()),
        "kafka_consumergroup_lag",
      )[0];
    await own.send(values(3));
    await resetOffsets(kafka, own, "earliest");
    await metrics.connect();
    try {
      await until(async () => await lag() === 3);
      first.isSilent = true;
      wire.dropResponse({
        apiKey: ["DescribeGroups", "OffsetFetch"],
        times: Infinity,
      });
      await own.send(values(2));
      await until(async () => await lag() === 5);
    } finally {
      wire.clear();
      await metrics.disconnect();
    }
  });
});
