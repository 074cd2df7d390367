// What runs beside the brokers: ports that are taken, settings that are refused, two starts at once.
import { assertEquals, assertRejects } from "@std/assert";
import { EngineError } from "lib/brokers/engine_error.ts";
import { findProcesses } from "lib/brokers/process_identity.ts";
import { postgresMark, processMark } from "lib/brokers/process_mark.ts";
import {
  otherCommand,
  type OwnBrokers,
  withOwnBrokers,
} from "../../_own_brokers.ts";

const POSTGRES = { services: ["postgres"] };

Deno.test("up() names the process that holds PostgreSQL's port, and leaves nothing", () =>
  withOwnBrokers(async (own) => {
    using _taken = Deno.listen({
      hostname: "127.0.0.1",
      port: own.port(15432),
    });
    await refuses(
      own,
      `Cannot start 'postgres': port ${
        own.port(15432)
      } is in use by process ${Deno.pid} (`,
    );
    assertEquals(await stateOf(own), "absent");
  }));

Deno.test("two up() at once make one PostgreSQL", () =>
  withOwnBrokers(async (own) => {
    const commands = [1, 2].map(() => otherCommand(own, ["up", "postgres"]));
    const codes = await Promise.all(
      commands.map(async (command) => (await command.output()).code),
    );
    assertEquals(codes, [0, 0]);
    assertEquals(findProcesses(postgresMark(folderOf(own))).length, 1);
  }));

Deno.test("up() says which setting PostgreSQL refuses, and leaves nothing that runs", () =>
  withOwnBrokers(async (own) => {
    own.edit((text) => text.replace("wal_level=logical", "wal_level=loud"));
    await refuses(
      own,
      'Cannot start \'postgres\': invalid value for parameter "wal_level": "loud"',
    );
    assertEquals(findProcesses(postgresMark(folderOf(own))), []);
  }));

Deno.test("up() of Connect starts the broker that it needs; down() ends Connect first", () =>
  withOwnBrokers(async (own) => {
    const { engine } = own;
    await engine.up({ services: ["connect"] });
    assertEquals(await statesOf(own), ["running", "running"]);
    await engine.kill("connect");
    assertEquals(await statesOf(own), ["running", "killed"]);
    await engine.start("connect");
    await engine.freeze("connect");
    assertEquals(await statesOf(own), ["running", "frozen"]);
    await engine.thaw("connect");
    assertEquals(await engine.down(), ["connect", "kafka"]);
    assertEquals(
      findProcesses(processMark(`${own.stateFolder}/brokers/connect`)),
      [],
    );
  }));

Deno.test("up() says what Connect says of a setting that it refuses, and leaves the broker", () =>
  withOwnBrokers(async (own) => {
    own.edit((text) =>
      text.replace("REBALANCE_TIMEOUT_MS: 10000", "REBALANCE_TIMEOUT_MS: soon")
    );
    await assertRejects(
      () => own.engine.up({ services: ["connect"] }),
      EngineError,
      "Cannot start 'connect': Invalid value soon for configuration rebalance.timeout.ms",
    );
    assertEquals(await statesOf(own), ["running", "absent"]);
  }));

async function statesOf({ engine }: OwnBrokers) {
  const all = await engine.status({ services: ["kafka", "connect"] });
  return all.map(({ state }) => state);
}

async function refuses(own: OwnBrokers, message: string) {
  await assertRejects(() => own.engine.up(POSTGRES), EngineError, message);
}

function folderOf({ stateFolder }: OwnBrokers): string {
  return `${stateFolder}/brokers/postgres`;
}

async function stateOf({ engine }: OwnBrokers) {
  const [status] = await engine.status(POSTGRES);
  return status?.state;
}
