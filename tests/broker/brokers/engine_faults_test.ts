import { assert, assertEquals, assertRejects } from "@std/assert";
import { probeBroker } from "lib/client/probe.ts";
import { until } from "../../_patience.ts";
import type { ServiceState } from "lib/brokers/engine.ts";
import { EngineError } from "lib/brokers/engine_error.ts";
import { identifyProcess, processState } from "lib/brokers/process_identity.ts";
import { readRecord, writeRecord } from "lib/brokers/local/service_record.ts";
import { type OwnBrokers, withOwnBrokers } from "../_own_brokers.ts";

Deno.test("kill() ends a broker as a crash does, and start() brings it back", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up();
    const { pid = 0 } = await stateOf(own);
    await own.engine.kill("kafka");
    assertEquals(identifyProcess(pid), undefined);
    assertEquals((await stateOf(own)).state, "killed");

    await own.engine.start("kafka");
    assertEquals((await stateOf(own)).state, "running");
  }));

Deno.test("stop() ends a broker in an orderly way", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up();
    const logs = () => own.engine.logs("kafka", { lines: 1_000 });
    // A broker answers some milliseconds before it has started, and till then ends at once.
    await until(async () => (await logs()).includes("Kafka Server started"), {
      what: "the broker to have started",
    });
    await own.engine.stop("kafka");
    assertEquals((await stateOf(own)).state, "stopped");
    const log = await logs();
    assert(log.includes("shut down completed"), log);
  }));

Deno.test("freeze() halts a broker, which thaw() lets go on", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up();
    const address = own.engine.addresses()[0] ?? "";
    const { pid = 0 } = await stateOf(own);
    const identity = identifyProcess(pid);

    await own.engine.freeze("kafka");
    assertEquals(identity && processState(identity), "frozen");
    assertEquals((await stateOf(own)).state, "frozen");
    const silence = await probeBroker(address, { timeoutMs: 300 });
    assertEquals(silence.kind, "silence");

    await own.engine.thaw("kafka");
    assertEquals((await stateOf(own)).state, "running");
    assertEquals((await probeBroker(address)).kind, "kafka");
  }));

Deno.test("up() lets a frozen broker go on, and down() ends one", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up();
    const before = await stateOf(own);
    await own.engine.freeze("kafka");
    await own.engine.up();
    const after = await stateOf(own);
    assertEquals([after.state, after.pid], ["running", before.pid]);

    await own.engine.freeze("kafka");
    const lines: string[] = [];
    const onProgress = (line: string) => lines.push(line);
    assertEquals(await own.engine.down({ onProgress }), ["kafka"]);
    assertEquals(lines, ["kafka: stopped"]);
  }));

Deno.test("status() tells 'killed' of a broker that died by itself, and up() starts it again", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up();
    const { pid = 0 } = await stateOf(own);
    Deno.kill(pid, "SIGKILL");
    const { state, detail } = await waitFor(own, "killed");
    assertEquals(state, "killed");
    assert(detail?.includes("ended without a word"), detail);

    await own.engine.up();
    assertEquals((await stateOf(own)).state, "running");
  }));

Deno.test("status() calls a broker that is too busy to answer running, and starting only before its first answer", () =>
  withOwnBrokers(async (own) => {
    await own.engine.up();
    using busy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const folder = `${own.stateFolder}/brokers/kafka`;
    const record = readRecord(folder)!;
    const probe = `127.0.0.1:${busy.addr.port}`;

    writeRecord(folder, { ...record, probe });
    const { state, detail } = await stateOf(own);
    assertEquals([state, detail], ["running", "gives no answer within 1 s"]);

    writeRecord(folder, { ...record, probe, wasReady: false });
    assertEquals((await stateOf(own)).state, "starting");
  }));

Deno.test("kill(), freeze() and thaw() refuse a service that does not run, or does not exist", () =>
  withOwnBrokers(async ({ engine }) => {
    for (const fault of ["kill", "freeze", "thaw"] as const) {
      await assertRejects(
        () => engine[fault]("kafka"),
        EngineError,
        `Cannot ${fault} 'kafka': it is not running; start it with`,
      );
      await assertRejects(
        () => engine[fault]("kafak"),
        EngineError,
        "did you mean 'kafka'?",
      );
    }
  }));

async function stateOf({ engine }: OwnBrokers) {
  const [status] = await engine.status({ services: ["kafka"] });
  assert(status);
  return status;
}

/** A process that was killed takes a moment to be gone. */
async function waitFor(own: OwnBrokers, state: ServiceState) {
  return await until(async () => {
    const status = await stateOf(own);
    return status.state === state && status;
  }, { what: `the state '${state}'`, intervalMs: 20 });
}
