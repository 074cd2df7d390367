import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import {
  otherCommand,
  type OwnBrokers,
  withOwnBrokers,
} from "../_own_brokers.ts";

Deno.test("deno task kafka: up, status, tool, logs, faults, down and reset, from first to last", () =>
  withOwnBrokers(async (own) => {
    const address = `localhost:${own.port(9092)}`;
    assertStringIncludes(
      await says(own, "status"),
      "Nothing runs (engine: local). Start with 'deno task kafka up'.",
    );
    assertEquals(await says(own, "down"), "Nothing was running.\n");

    assertStringIncludes(await says(own, "up"), `: ${address}`);
    assertStringIncludes(
      await says(own, "status"),
      `running   ${address}, process`,
    );
    assertEquals(
      await says(own, "tool", "topics", "--create", "--topic", "orders"),
      "Created topic orders.\n",
    );
    assertEquals(await says(own, "tool", "topics", "--list"), "orders\n");
    assertStringIncludes(
      await says(own, "logs", "--lines", "10000"),
      "[BrokerServer id=1] Transition from",
    );
    assertStringIncludes(await says(own, "freeze", "kafka"), "kafka  frozen");
    assertStringIncludes(await says(own, "thaw", "kafka"), "kafka  running");
    assertStringIncludes(await says(own, "stop", "kafka"), "kafka  stopped");
    assertStringIncludes(await says(own, "start", "kafka"), "kafka  running");
    assertEquals(await says(own, "down"), "kafka: stopped\n");
    assertStringIncludes(
      await says(own, "reset"),
      "kafka: data and logs deleted",
    );
  }));

Deno.test("deno task kafka: a tool's code is the command's, and its errors come through", () =>
  withOwnBrokers(async (own) => {
    const { code, stderr } = await run(own, "tool", "topics", "--nonsense");
    assertEquals(code, 1);
    assertStringIncludes(stderr, "nonsense is not a recognized option");
  }));

/** How the command answers what it cannot do: its code, and its one sentence. */
const WRONG: [args: string[], code: number, sentence: string][] = [
  [
    ["upp"],
    2,
    "Cannot run 'kafka upp': there is no such command; did you mean 'up'?",
  ],
  [
    ["up", "--clustr"],
    2,
    "Cannot run 'kafka up' with '--clustr' as it has no such option: see 'deno task kafka up --help'.",
  ],
  [
    ["tool", "--engin", "local", "topics"],
    2,
    "Cannot run 'kafka tool' with '--engin' as it has no such option: see 'deno task kafka tool --help'.",
  ],
  [
    ["up", "--engine", "cloud"],
    2,
    "Cannot choose the engine 'cloud': it must be auto, compose or local",
  ],
  [
    ["logs", "--lines", "many"],
    2,
    "Cannot show 'many' lines: it must be a positive number",
  ],
  [["kill"], 2, "Cannot kill: give the name of one service"],
  [
    ["tool", "topic"],
    1,
    "Cannot run the Kafka tool 'topic': there is no such tool; did you mean 'kafka-topics'?",
  ],
  [["up", "kafka-4"], 1, "did you mean 'kafka"],
];

Deno.test("deno task kafka: what it cannot do gets one sentence and a code", () =>
  withOwnBrokers(async (own) => {
    for (const [args, code, sentence] of WRONG) {
      const result = await run(own, ...args);
      assertEquals(result.code, code, `${args}: ${result.stderr}`);
      assertStringIncludes(result.stderr, sentence);
      assertEquals(result.stderr.trim().split("\n").length, 1, result.stderr);
    }
  }));

/** A compose file with one fault, and what is said of it: the key, and its line. */
const MALFORMED: [from: string, to: string, sentence: RegExp][] = [
  [
    "services:\n",
    "servises:\n",
    /compose\.yaml, line \d+: unknown key 'servises' at the top; did you mean 'services'/,
  ],
  [
    "  kafka:\n",
    "  kafka:\n    volums: []\n",
    /compose\.yaml, line \d+: unknown key 'volums' in service 'kafka'/,
  ],
  [
    "      KAFKA_NODE_ID: 1\n",
    "      KAFKA_NODE_ID: [1]\n",
    /compose\.yaml, line \d+: 'KAFKA_NODE_ID' must be a string/,
  ],
  ["services:\n", "services: [\n", /compose\.yaml, line \d+: /],
  [
    "      KAFKA_NODE_ID: 1\n",
    "      KAFKA_NODE_ID: 1\n      KAFKA_NUM_PARTITIONS: lots\n",
    /Kafka refuses KAFKA_NUM_PARTITIONS \(line \d+ of .*Invalid value lots/,
  ],
  [
    "      KAFKA_NODE_ID: 1\n",
    "      KAFKA_NODE_ID: one\n",
    /Kafka refuses KAFKA_NODE_ID \(line \d+ of .*Invalid value one/,
  ],
];

Deno.test("deno task kafka up: a malformed description gets its key, its line and a code", () =>
  withOwnBrokers(async (own) => {
    const description = Deno.readTextFileSync(own.composeFile);
    for (const [from, to, sentence] of MALFORMED) {
      own.edit(() => description.replace(from, to));
      const { code, stderr } = await run(own, "up");
      assertEquals(code, 1, `${to}: ${stderr}`);
      assertMatch(stderr, sentence);
      assertEquals(stderr.trim().split("\n").length, 1, stderr);
    }
  }));

Deno.test("deno task kafka: --help tells of every command, and each of its own options", () =>
  withOwnBrokers(async (own) => {
    const overview = await says(own, "--help");
    const commands = [...overview.matchAll(/^ {2}([a-z]+) /gm)].map((
      [, name],
    ) => name ?? "");
    assert(commands.length >= 11, overview);
    for (const command of commands) {
      const help = await says(own, command, "--help");
      assertStringIncludes(help, `Usage: deno task kafka ${command}`);
      assertStringIncludes(help, "--engine");
    }
    assertStringIncludes(await says(own, "tool"), "kafka-dump-log\n");
  }));

async function says(own: OwnBrokers, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(own, ...args);
  assertEquals(code, 0, `${args}: ${stderr}`);
  return stdout;
}

async function run(own: OwnBrokers, ...args: string[]) {
  const { code, stdout, stderr } = await otherCommand(own, args).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}
