import { assert, assertEquals, assertRejects } from "@std/assert";
import { interrupt, InterruptedError, pause } from "lib/client/interrupt.ts";
import { kafkaClient } from "lib/client/kafka_client.ts";
import { createTopic } from "lib/admin/topic.ts";
import { until } from "../../_patience.ts";
import { openCluster } from "lib/faults/cluster_guard.ts";
import { repairCluster } from "lib/faults/cluster_repair.ts";
import type { Engine } from "lib/brokers/engine.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { configOptions } from "../../../tasks/config.ts";
import {
  type OwnBrokers,
  untilNobodyRepairs,
  withOwnBrokers,
} from "../_own_brokers.ts";

const TOPIC = "guarded";
const CONFIG = await configOptions();

Deno.test("openCluster() guards a cluster against whatever its user leaves behind", (t) =>
  withOwnBrokers(async (own) => {
    const step = async (name: string, work: () => Promise<void>) => {
      assert(await t.step(name, work), name);
    };
    const open = () => openCluster({ engine: own.engine, ...own.options });

    await step("it starts the cluster, and says so", async () => {
      const { repaired } = await open();
      assertEquals(repaired.length, 4);
      assert(repaired.every((line) => line.endsWith("did not run: started")));
    });

    const cluster = await open();
    const kafka = kafkaClient({ brokers: cluster.addresses, ssl: false });

    await step("it leaves a healthy cluster alone", async () => {
      assertEquals(cluster.repaired, []);
      assertEquals(cluster.brokers, [1, 2, 3]);
      await createTopic(kafka, TOPIC, { partitions: 1, replicationFactor: 3 });
      assertEquals(await cluster.untilQuorum(), 10);
    });

    await step(
      "untilLeader() and untilInSync() see a death, during() takes it back",
      async () => {
        const leader = await cluster.untilLeader(TOPIC);
        const others = cluster.brokers.filter((id) => id !== leader);
        await cluster.during(async () => {
          await cluster.kill(leader);
          const next = await cluster.untilLeader(TOPIC, { not: leader });
          assert(others.includes(next));
          await cluster.untilInSync(TOPIC, { brokers: others });
        });
        await healthy(own);
        await cluster.untilInSync(TOPIC, { deadlineMs: 1_000 });
      },
    );

    await step(
      "during() takes faults back after an error, which stays the error",
      async () => {
        await assertRejects(
          () =>
            cluster.during(async () => {
              await Promise.all([cluster.freeze(1), cluster.stop(2)]);
              throw new Error("a claim that failed");
            }),
          Error,
          "a claim that failed",
        );
        await healthy(own);
      },
    );

    await step(
      "during() ends at once at a Stop, and the next fault waits for the repair",
      async () => {
        const working = cluster.during(async () => {
          await cluster.freeze(1, 2);
          setTimeout(() => interrupt("Stop was pressed"));
          await pause(60_000);
        });
        const began = Date.now();
        await assertRejects(
          () => working,
          InterruptedError,
          "Stop was pressed",
        );
        assert(Date.now() - began < 30_000, "it waited for its own work");
        await cluster.during(() => healthy(own));
      },
    );

    await step(
      "during() takes back a kill that a Stop interrupts while the broker dies",
      async () => {
        const killAndStopAfter = (ms: number) =>
          cluster.during(async () => {
            const killing = cluster.kill(1);
            await pause(ms);
            interrupt("Stop was pressed");
            await killing;
          }).then(() => "killed", (error: Error) => error.name);
        // The signal is on its way: whoever starts now still sees a broker that runs. How long
        // that lasts depends on the machine.
        let end = "killed";
        for (const ms of [60, 30, 10, 0]) {
          if (end === "killed") end = await killAndStopAfter(ms);
        }
        assertEquals(end, "InterruptedError");
        const began = Date.now();
        await cluster.during(() => healthy(own));
        assert(Date.now() - began < 60_000, "it waited for a broker in vain");
      },
    );

    await step("it refuses a node that is not there", async () => {
      await assertRejects(
        () => cluster.kill(7),
        Error,
        "it has controller, 1, 2, 3",
      );
    });

    await step(
      "a guard finds what is broken, repairs it and says so",
      async () => {
        await own.engine.freeze("kafka-1");
        await own.engine.kill("controller");
        const { repaired } = await open();
        assertEquals(repaired, [
          "controller was killed: started again",
          "kafka-1 was frozen: thawed",
        ]);
        await healthy(own);
      },
    );

    await step(
      "a guard whose process is killed has its faults taken back",
      async () => {
        await killInTheMiddle(own);
        await until(
          async () => (await statesOf(own)).join() === "running,running",
          {
            what: "the repair",
          },
        );
      },
    );

    await step(
      "a repair that waits leaves a cluster alone that somebody ends meanwhile",
      async () => {
        const starts: string[] = [];
        const repairing = repairCluster(
          {
            addresses: () => ["localhost:1"], // so that it has to wait
            status: (options) => own.engine.status(options),
            up: () => Promise.resolve(void starts.push("started again")),
          } as Partial<Engine> as Engine,
        );
        await untilNobodyRepairs(own.stateFolder);
        await own.engine.down();
        await assertRejects(
          () => repairing,
          EngineError,
          "somebody has stopped all of it meanwhile",
        );
        assertEquals(starts, []);
      },
    );
  }));

async function statesOf({ engine }: OwnBrokers) {
  const states = await engine.status({ services: ["kafka-2", "kafka-3"] });
  return states.map(({ state }) => state);
}

async function healthy({ engine }: OwnBrokers) {
  const nodes = await engine.status({ cluster: true });
  assertEquals(nodes.map(({ state }) => state), nodes.map(() => "running"));
}

/** Makes two faults in a process of its own, which then dies as a kernel does that is killed. */
async function killInTheMiddle({ options }: OwnBrokers) {
  const script = `
    import { openCluster } from "lib/faults/cluster_guard.ts";
import { repairCluster } from "lib/faults/cluster_repair.ts";
import type { Engine } from "lib/brokers/engine.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
    const cluster = await openCluster(${JSON.stringify(options)});
    await cluster.freeze(2);
    await cluster.kill(3);
    console.log("two faults");
    Deno.kill(Deno.pid, "SIGKILL");`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", ...CONFIG, "--ext=ts", script],
    env: { KAFKA_ENGINE: "local" },
    cwd: new URL("../../..", import.meta.url).pathname,
  }).output();
  assertEquals(
    new TextDecoder().decode(stdout).trim(),
    "two faults",
    new TextDecoder().decode(stderr),
  );
}
