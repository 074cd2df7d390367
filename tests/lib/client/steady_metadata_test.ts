import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeadlineError } from "lib/client/deadline.ts";
import type {
  ClusterMetadata,
  ProducerBroker,
  ProducerCluster,
} from "lib/client/producer_cluster.ts";
import { isRetriable } from "lib/client/retriable.ts";
import { keepMetadataSteady } from "lib/client/steady_metadata.ts";

type Topic = ClusterMetadata["topicMetadata"][number];

function topicOf(topic: string, leaders: number[], topicErrorCode = 0): Topic {
  return {
    topicErrorCode,
    topic,
    partitionMetadata: leaders.map((leader, partitionId) => ({
      partitionErrorCode: leader < 0 ? 5 : 0,
      partitionId,
      leader,
    })),
  };
}

/** A cluster of three brokers. Each answers, is silent, or is not connected. */
function clusterOf(
  states: ("answers" | "silent" | "closed")[],
  topics: Topic[],
  {
    listed = states.map((_, id) => id),
    owing = new Map<number, number>(),
    isOut = false,
  } = {},
) {
  const asked: number[] = [];
  const broken: string[] = [];
  const brokers = states.map((state, id) => {
    const inflight = new Map(
      owing.has(id) ? [[1, { sentAt: owing.get(id)! }]] : [],
    );
    return {
      isConnected: () => state !== "closed",
      connectionPool: {
        host: "broker",
        port: id,
        pool: [{ requestQueue: { inflight } }],
        send() {
          asked.push(id);
          return state === "silent" ? new Promise(() => {}) : Promise.resolve({
            brokers: listed.map((nodeId) => ({
              nodeId,
              host: "broker",
              port: nodeId,
            })),
            topicMetadata: topics,
          });
        },
      },
    } as unknown as ProducerBroker;
  });
  const byId = Object.fromEntries(
    brokers.map((broker, id) => [`${id}`, broker]),
  );
  const cluster: ProducerCluster = {
    targetTopics: new Set(topics.map(({ topic }) => topic)),
    refreshMetadata: () => Promise.resolve(),
    findControllerBroker: () => Promise.resolve(brokers[0]!),
    brokerPool: {
      brokers: byId,
      findConnectedBroker: () =>
        Promise.resolve(
          brokers[0] as unknown as Awaited<
            ReturnType<ProducerCluster["brokerPool"]["findConnectedBroker"]>
          >,
        ),
      findBroker: ({ nodeId }) => Promise.resolve(byId[nodeId]!),
    },
  };
  const whyNot = keepMetadataSteady(cluster, {
    allowAutoTopicCreation: false,
    withAddresses: (work) =>
      isOut
        ? Promise.reject(new DeadlineError("Waited 15 s"))
        : work(brokers.at(-1)!),
    breakConnections: (address) => void broken.push(address),
  });
  /** What KafkaJS does. */
  const refresh = async () => {
    const found = await cluster.brokerPool.findConnectedBroker();
    return cluster.brokerPool.metadata = await found.metadata([]);
  };
  return { cluster, brokers, asked, broken, whyNot, refresh };
}

Deno.test("keepMetadataSteady() asks the connected broker that owes nothing, or the youngest answer", async () => {
  const owing = new Map([[0, 1_000], [1, 2_000]]);
  const all = ["answers", "answers", "answers"] as const;
  const { asked, refresh } = clusterOf([...all], [], { owing });
  await refresh();
  const busy = clusterOf(["answers", "answers", "closed"], [], { owing });
  await busy.refresh();
  assertEquals([asked, busy.asked], [[2], [1]]);
});

Deno.test("keepMetadataSteady() passes over a broker that is silent, and has a producer id given by one that answered", async () => {
  const { asked, refresh, cluster, brokers } = clusterOf(
    ["silent", "closed", "answers"],
    [],
  );
  await refresh();
  assertEquals(asked, [0, 2]);
  assertEquals(await cluster.findControllerBroker(), brokers[2]);
});

Deno.test("keepMetadataSteady() asks at the client's addresses when KafkaJS's list holds only a silent broker", async () => {
  const { asked, refresh, cluster } = clusterOf(
    ["silent", "closed", "answers"],
    [topicOf("orders", [2])],
  );
  // Their connections broke, and KafkaJS has taken them from its list.
  for (const id of ["1", "2"]) delete cluster.brokerPool.brokers[id];
  const { topicMetadata } = await refresh();
  assertEquals([asked, topicMetadata.length], [[0, 2], 1]);
});

Deno.test("keepMetadataSteady() has what was to be sent tried again when no address has answered in time", async () => {
  const { refresh } = clusterOf(["silent"], [], { isOut: true });
  const error = await assertRejects(refresh, Error, "Waited 15 s");
  assert(isRetriable(error));
});

Deno.test("keepMetadataSteady() keeps the good topics of an answer, and says of the others what they lack", async () => {
  const { refresh, whyNot, cluster } = clusterOf(["answers"], [
    topicOf("good", [0, 0]),
    topicOf("gone", [], 3),
    topicOf("forbidden", [], 29),
    topicOf("orphaned", [0, -1]),
  ]);
  const { topicMetadata } = await refresh();
  assertEquals(topicMetadata.map(({ topic }) => topic), ["good", "orphaned"]);
  const types = [["good", 1], ["gone", 0], ["forbidden", 0], ["orphaned", 0], [
    "orphaned",
    1,
  ]]
    .map(([topic, partition]) =>
      (whyNot(topic as string, partition as number) as { type?: string })?.type
    );
  assertEquals(types, [
    undefined,
    "UNKNOWN_TOPIC_OR_PARTITION",
    "TOPIC_AUTHORIZATION_FAILED",
    undefined,
    "LEADER_NOT_AVAILABLE",
  ]);
  assertEquals([...cluster.targetTopics], ["good", "orphaned"]);
});

Deno.test("keepMetadataSteady() breaks the connections to a broker that is not listed any more", async () => {
  const { refresh, broken } = clusterOf(["answers", "silent"], [], {
    listed: [0],
  });
  await refresh();
  assertEquals(broken, ["broker:1"]);
});
